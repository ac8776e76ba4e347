// name: similarity/drift_by_relation
// question: How far do configurations drift along each relation?
// mode: read
// returns: relation, n_edges, n_known, mean_drift, median_drift, n_unchanged
// bound: one row for each relation

// An edge that claims several relations counts under each.
MATCH (p:Model)-[e:PARENT_OF]->(c:Model)
WHERE p <> c AND e.relation <> 'hint'
UNWIND e.relations AS relation
RETURN relation, count(e) AS n_edges, count(e.drift) AS n_known, avg(e.drift) AS mean_drift,
  percentileCont(e.drift, 0.5) AS median_drift,
  sum(CASE WHEN e.n_changed = 0 AND e.drift IS NOT NULL THEN 1 ELSE 0 END) AS n_unchanged
ORDER BY relation
