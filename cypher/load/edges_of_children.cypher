// name: load/edges_of_children
// question: What does the graph hold of the edges to these children?
// param children: list of string, example ["HuggingFaceH4/zephyr-7b-beta"]; the models
// mode: read
// returns: parent, child, claims
// bound: one row for each parent of each child given

// All edges of a child at once: the embedded engine scans them for each pair that is asked for.
UNWIND $children AS id
MATCH (c:Model {model_id: id})<-[e:PARENT_OF]-(p:Model)
RETURN p.model_id AS parent, c.model_id AS child, e.claims AS claims
ORDER BY parent, child
