// name: write/clear_depth
// question: Take all that needs the whole graph off the models.
// param limit: integer, default 5000; most of them in one go
// mode: write
// returns: n

MATCH (m:Model)
WHERE m.component_id IS NOT NULL OR m.is_representative IS NOT NULL
WITH m LIMIT $limit
REMOVE m.component_id, m.root_id, m.n_roots, m.depth_min, m.depth_max, m.configured_hops,
  m.n_children, m.n_descendants, m.drift_to_root, m.accumulated_drift, m.is_representative
RETURN count(m) AS n
