// name: write/edge_properties
// question: Set properties of these edges.
// param rows: list of map, example [{"parent": "gpt2", "child": "distilbert/distilgpt2", "properties": {"drift": 0.1}}]; parent, child and properties of each edge, null to take one away
// mode: write
// returns: n

UNWIND $rows AS row
MATCH (c:Model {model_id: row.child})<-[e:PARENT_OF]-(p:Model {model_id: row.parent})
SET e += row.properties
RETURN count(e) AS n
