// name: overview/lineages
// question: Which lineages are largest, following main parents to one root?
// param limit: integer, default 100; most rows to return
// mode: read
// returns: root_id, n_models, n_configured, n_families, n_organizations, deepest

MATCH (m:Model)
WHERE m.root_id IS NOT NULL
RETURN m.root_id AS root_id, count(m) AS n_models,
  sum(CASE WHEN m:Configured THEN 1 ELSE 0 END) AS n_configured, count(DISTINCT
  CASE WHEN m.family IN ['unknown', 'other'] THEN null ELSE m.family END) AS n_families,
  count(DISTINCT m.organization) AS n_organizations, max(m.depth_max) AS deepest
ORDER BY n_models DESC, root_id
LIMIT $limit
