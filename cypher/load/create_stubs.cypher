// name: load/create_stubs
// question: Create these models, which are named as parents and are not there.
// param rows: list of map, example [{"model_id": "gpt2", "properties": {"likes": 3}}]; model_id and properties of each model
// mode: write
// returns: n

// With its labels at once: the embedded engine moves a record whose labels change.
UNWIND $rows AS row
CREATE (m:Model:Stub {model_id: row.model_id})
SET m += row.properties
RETURN count(m) AS n
