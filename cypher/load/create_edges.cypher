// name: load/create_edges
// question: Create these edges, none of which is there.
// param rows: list of map, example [{"parent": "gpt2", "child": "distilbert/distilgpt2", "properties": {"relation": "finetune"}}]; parent, child and properties of each edge
// mode: write
// returns: n

// Not MERGE: the embedded engine scans all edges of a child to look for each one.
UNWIND $rows AS row
MATCH (c:Model {model_id: row.child})
MATCH (p:Model {model_id: row.parent})
CREATE (c)<-[e:PARENT_OF]-(p)
SET e += row.properties
RETURN count(e) AS n
