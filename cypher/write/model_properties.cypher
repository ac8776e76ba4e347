// name: write/model_properties
// question: Set properties of these models.
// param rows: list of map, example [{"model_id": "gpt2", "properties": {"likes": 3}}]; model_id and properties of each model, null to take one away
// mode: write
// returns: n

UNWIND $rows AS row
MATCH (m:Model {model_id: row.model_id})
SET m += row.properties
RETURN count(m) AS n
