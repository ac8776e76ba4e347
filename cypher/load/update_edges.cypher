// name: load/update_edges
// question: Set properties of these edges, all of which are there.
// param rows: list of map, example [{"child": "distilbert/distilgpt2", "parents": {"gpt2": {"relation": "finetune"}}}]; each child with its parents and the properties of each edge, null to take one away
// mode: write
// returns: n

// One scan of a child's edges for all that change: the embedded engine has no way to one edge.
UNWIND $rows AS row
MATCH (c:Model {model_id: row.child})<-[e:PARENT_OF]-(p:Model)
WITH e, row.parents[p.model_id] AS properties
WHERE properties IS NOT NULL
SET e += properties
RETURN count(e) AS n
