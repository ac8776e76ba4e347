// name: fetch/model
// question: What does the graph hold of a model?
// param model_id: string, example "mistralai/Mistral-7B-v0.1"; the model
// mode: read
// returns: properties, labels
// bound: one row

MATCH (m:Model {model_id: $model_id})
RETURN properties(m) AS properties, labels(m) AS labels
