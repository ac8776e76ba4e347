// name: similarity/far_from_root
// question: Which models lie farthest from the root that they come from?
// param limit: integer, default 100; most rows to return
// mode: read
// returns: model_id, root_id, drift_to_root, accumulated_drift, depth_min, configured_hops, family

MATCH (m:Model)
WHERE m.drift_to_root IS NOT NULL AND m.model_id <> m.root_id
RETURN m.model_id AS model_id, m.root_id AS root_id, m.drift_to_root AS drift_to_root,
  m.accumulated_drift AS accumulated_drift, m.depth_min AS depth_min,
  m.configured_hops AS configured_hops, m.family AS family
ORDER BY drift_to_root DESC, model_id
LIMIT $limit
