// name: fetch/ids
// question: Which models are there?
// mode: read
// returns: model_id
// bound: one row for each model

MATCH (m:Model)
RETURN m.model_id AS model_id
ORDER BY model_id
