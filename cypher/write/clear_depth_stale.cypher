// name: write/clear_depth_stale
// question: Take all that needs the whole graph off the models that have no edge any more.
// param limit: integer, default 5000; most of them in one go
// mode: write
// returns: n

MATCH (m:Model)
WHERE (m.component_id IS NOT NULL
    AND NOT EXISTS { (m)-[e:PARENT_OF]-() WHERE e.relation <> 'hint' })
  OR (m.is_representative IS NOT NULL AND NOT m:Configured)
WITH m LIMIT $limit
SET m.is_representative = CASE WHEN m:Configured THEN m.is_representative ELSE null END
REMOVE m.component_id, m.root_id, m.n_roots, m.depth_min, m.depth_max, m.configured_hops,
  m.n_children, m.n_descendants, m.drift_to_root, m.accumulated_drift
RETURN count(m) AS n
