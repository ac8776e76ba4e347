// name: load/known_models
// question: Which of these models are in the graph?
// param ids: list of string, example ["mistralai/Mistral-7B-v0.1"]; the models
// mode: read
// returns: model_id
// bound: one row for each id given

UNWIND $ids AS id
MATCH (m:Model {model_id: id})
RETURN m.model_id AS model_id
ORDER BY model_id
