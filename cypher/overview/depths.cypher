// name: overview/depths
// question: How many models stand how deep below a root?
// param limit: integer, default 100; most rows to return
// mode: read
// returns: depth_min, n_models, n_configured, mean_drift_to_root, n_drift_known

// The last row, without a depth, has the relatives that no root is above: cycles.
MATCH (m:Model)
WHERE m.component_id IS NOT NULL
RETURN m.depth_min AS depth_min, count(m) AS n_models,
  sum(CASE WHEN m:Configured THEN 1 ELSE 0 END) AS n_configured,
  avg(m.drift_to_root) AS mean_drift_to_root, count(m.drift_to_root) AS n_drift_known
ORDER BY depth_min
LIMIT $limit
