// name: lineage/parents
// question: Which models does a model declare as its parents, and what changed?
// param model_id: string, example "EmbeddedLLM/Mistral-7B-Merge-14-v0.4"; the model
// mode: read
// returns: parent, relation, relations, drift, n_compared, changed, created_delta_days, family, stub
// bound: one row for each declared parent

MATCH (m:Model {model_id: $model_id})<-[e:PARENT_OF]-(p:Model)
WHERE p <> m AND e.relation <> 'hint'
RETURN p.model_id AS parent, e.relation AS relation, e.relations AS relations, e.drift AS drift,
  e.n_compared AS n_compared, e.changed AS changed, e.created_delta_days AS created_delta_days,
  p.family AS family, p:Stub AS stub
ORDER BY parent
