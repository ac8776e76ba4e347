// name: overview/organizations
// question: Which organizations publish the most, and what came of it elsewhere?
// param limit: integer, default 100; most rows to return
// mode: read
// returns: organization, n_models, n_configured, n_children, n_children_elsewhere

MATCH (m:Model)
OPTIONAL MATCH (m)-[:PARENT_OF]->(c:Model)
WHERE c <> m
WITH m.organization AS organization, m, count(c) AS children,
  sum(CASE WHEN c.organization <> m.organization THEN 1 ELSE 0 END) AS elsewhere
RETURN organization, count(m) AS n_models,
  sum(CASE WHEN m:Configured THEN 1 ELSE 0 END) AS n_configured,
  sum(children) AS n_children, sum(elsewhere) AS n_children_elsewhere
ORDER BY n_models DESC, organization
LIMIT $limit
