// name: lineage/resolve
// question: Which models have this id, in any case?
// param model_id: string, example "mistralai/Mistral-7B-v0.1"; an id as somebody typed it
// mode: read
// returns: model_id
// serves: every command that takes a model

MATCH (m:Model)
WHERE m.model_id_lower = toLower($model_id)
RETURN m.model_id AS model_id
ORDER BY model_id
LIMIT 100
