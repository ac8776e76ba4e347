// name: audit/rootless
// question: Which models have relatives but no root above?
// param limit: integer, default 1000; most rows to return
// mode: read
// returns: model_id, component_id, root_id, family

MATCH (m:Model)
WHERE m.component_id IS NOT NULL AND m.depth_min IS NULL
RETURN m.model_id AS model_id, m.component_id AS component_id, m.root_id AS root_id,
  m.family AS family
ORDER BY model_id
LIMIT $limit
