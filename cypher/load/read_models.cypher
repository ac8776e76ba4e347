// name: load/read_models
// question: What does the graph hold of these models?
// param ids: list of string, example ["mistralai/Mistral-7B-v0.1"]; the models
// mode: read
// returns: model_id, properties, labels
// bound: one row for each id given

UNWIND $ids AS id
MATCH (m:Model {model_id: id})
RETURN m.model_id AS model_id, properties(m) AS properties, labels(m) AS labels
ORDER BY model_id
