// name: load/merge_edges
// question: Create these edges where they are missing, and set their properties.
// param rows: list of map, example [{"parent": "gpt2", "child": "distilbert/distilgpt2", "properties": {"drift": 0.1}}]; parent, child and properties of each edge, null to take one away
// mode: write
// returns: n

// The child first: from a hub's side the embedded engine scans all its edges for each one.
UNWIND $rows AS row
MATCH (c:Model {model_id: row.child})
MATCH (p:Model {model_id: row.parent})
MERGE (c)<-[e:PARENT_OF]-(p)
SET e += row.properties
RETURN count(e) AS n
