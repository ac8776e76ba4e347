// name: load/merge_models
// question: Create these models where they are missing, and set their properties.
// param rows: list of map, example [{"model_id": "gpt2", "properties": {"likes": 3}}]; model_id and properties of each model, null to take one away
// mode: write
// returns: n

UNWIND $rows AS row
MERGE (m:Model {model_id: row.model_id})
SET m += row.properties
RETURN count(m) AS n
