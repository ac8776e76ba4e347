// name: overview/relations
// question: How many edges claim each relation, and how many of them can be compared?
// mode: read
// returns: relation, n_edges, n_primary, n_both_configured, n_drift_known, n_self_loops
// bound: one row for each relation

// An edge that claims several relations counts under each; its primary one is unique.
MATCH (p:Model)-[e:PARENT_OF]->(c:Model)
UNWIND e.relations AS relation
RETURN relation, count(e) AS n_edges,
  sum(CASE WHEN e.relation = relation THEN 1 ELSE 0 END) AS n_primary,
  sum(CASE WHEN p:Configured AND c:Configured AND p <> c THEN 1 ELSE 0 END) AS n_both_configured,
  count(e.drift) AS n_drift_known, sum(CASE WHEN p = c THEN 1 ELSE 0 END) AS n_self_loops
ORDER BY relation
