// name: overview/coverage
// question: In which families can edges be compared, and which share of them?
// param limit: integer, default 1000; most rows to return
// mode: read
// returns: family, n_edges, n_child_configured, n_both_configured, n_drift_known, share_known

MATCH (p:Model)-[e:PARENT_OF]->(c:Model)
WHERE p <> c AND e.relation <> 'hint'
WITH p.family AS family, count(e) AS n_edges,
  sum(CASE WHEN c:Configured THEN 1 ELSE 0 END) AS n_child_configured,
  sum(CASE WHEN p:Configured AND c:Configured THEN 1 ELSE 0 END) AS n_both_configured,
  count(e.drift) AS n_drift_known
RETURN family, n_edges, n_child_configured, n_both_configured, n_drift_known,
  toFloat(n_drift_known) / n_edges AS share_known
ORDER BY n_edges DESC, family
LIMIT $limit
