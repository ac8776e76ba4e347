// name: load/create_models
// question: Create these models, none of which is there.
// param rows: list of map, example [{"model_id": "gpt2", "properties": {"likes": 3}}]; model_id and properties of each model
// mode: write
// returns: n

// With its labels at once: the embedded engine moves a record whose labels change.
UNWIND $rows AS row
CREATE (m:Model {model_id: row.model_id})
SET m += row.properties
RETURN count(m) AS n
