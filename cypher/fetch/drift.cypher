// name: fetch/drift
// question: What is stored of each edge that was compared?
// mode: read
// returns: parent, child, relations, relation, drift, n_compared, n_changed, changed, drift_run, created_delta_days
// bound: the whole graph

MATCH (p:Model)-[e:PARENT_OF]->(c:Model)
WHERE e.drift_run IS NOT NULL
RETURN p.model_id AS parent, c.model_id AS child, e.relations AS relations, e.relation AS relation,
  e.drift AS drift, e.n_compared AS n_compared, e.n_changed AS n_changed, e.changed AS changed,
  e.drift_run AS drift_run, e.created_delta_days AS created_delta_days
ORDER BY parent, child
