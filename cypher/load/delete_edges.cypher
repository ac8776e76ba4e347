// name: load/delete_edges
// question: Delete these edges.
// param pairs: list of map, example [{"parent": "gpt2", "child": "distilbert/distilgpt2"}]; parent and child of each edge
// mode: write
// returns: n

UNWIND $pairs AS pair
MATCH (c:Model {model_id: pair.child})<-[e:PARENT_OF]-(p:Model {model_id: pair.parent})
DELETE e
RETURN count(*) AS n
