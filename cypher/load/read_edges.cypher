// name: load/read_edges
// question: What does the graph hold of these edges?
// param pairs: list of map, example [{"parent": "mistralai/Mistral-7B-v0.1", "child": "HuggingFaceH4/zephyr-7b-beta"}]; parent and child of each edge
// mode: read
// returns: parent, child, claims, properties
// bound: one row for each pair given

UNWIND $pairs AS pair
MATCH (c:Model {model_id: pair.child})<-[e:PARENT_OF]-(p:Model {model_id: pair.parent})
RETURN p.model_id AS parent, c.model_id AS child, e.claims AS claims, properties(e) AS properties
ORDER BY parent, child
