// name: overview/components
// question: Which components does the graph fall into without its merges?
// param limit: integer, default 100; most rows to return
// mode: read
// returns: component_id, n_models, n_configured, n_roots, n_families

MATCH (m:Model)
WHERE m.component_id IS NOT NULL
RETURN m.component_id AS component_id, count(m) AS n_models,
  sum(CASE WHEN m:Configured THEN 1 ELSE 0 END) AS n_configured,
  sum(CASE WHEN m:Root THEN 1 ELSE 0 END) AS n_roots, count(DISTINCT
  CASE WHEN m.family IN ['unknown', 'other'] THEN null ELSE m.family END) AS n_families
ORDER BY n_models DESC, component_id
LIMIT $limit
