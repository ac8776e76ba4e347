// name: similarity/stable_families
// question: In which families do configurations change least from parent to child?
// param min_edges: integer, default 5; least number of edges with a known drift
// param limit: integer, default 100; most rows to return
// mode: read
// returns: family, n_known, mean_drift, median_drift, n_unchanged, share_unchanged

MATCH (p:Model)-[e:PARENT_OF]->(c:Model)
WHERE e.drift IS NOT NULL AND p <> c AND NOT p.family IN ['unknown', 'other']
WITH p.family AS family, count(e) AS n_known, avg(e.drift) AS mean_drift,
  percentileCont(e.drift, 0.5) AS median_drift,
  sum(CASE WHEN e.n_changed = 0 THEN 1 ELSE 0 END) AS n_unchanged
WHERE n_known >= $min_edges
RETURN family, n_known, mean_drift, median_drift, n_unchanged,
  toFloat(n_unchanged) / n_known AS share_unchanged
ORDER BY mean_drift, family
LIMIT $limit
