// name: fetch/forest
// question: What is stored of each model that needs the whole graph?
// mode: read
// returns: model_id, component_id, root_id, n_roots, depth_min, depth_max, configured_hops, n_children, n_descendants, drift_to_root, accumulated_drift, is_representative, root
// bound: the whole graph

MATCH (m:Model)
WHERE m.component_id IS NOT NULL OR m.is_representative IS NOT NULL
RETURN m.model_id AS model_id,
  m.component_id AS component_id, m.root_id AS root_id, m.n_roots AS n_roots,
  m.depth_min AS depth_min, m.depth_max AS depth_max, m.configured_hops AS configured_hops,
  m.n_children AS n_children, m.n_descendants AS n_descendants,
  m.drift_to_root AS drift_to_root, m.accumulated_drift AS accumulated_drift,
  m.is_representative AS is_representative,
  m:Root AS root
ORDER BY model_id
