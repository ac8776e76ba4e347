// name: overview/months
// question: How many models and children appeared in each month?
// param limit: integer, default 1000; most rows to return
// mode: read
// returns: month, n_models, n_children, n_configured

MATCH (m:Model)
WITH substring(m.created_at, 0, 7) AS month, m,
  EXISTS { (m)<-[e:PARENT_OF]-(p:Model) WHERE p <> m AND e.relation <> 'hint' } AS is_child
RETURN month, count(m) AS n_models, sum(CASE WHEN is_child THEN 1 ELSE 0 END) AS n_children,
  sum(CASE WHEN m:Configured THEN 1 ELSE 0 END) AS n_configured
ORDER BY month
LIMIT $limit
