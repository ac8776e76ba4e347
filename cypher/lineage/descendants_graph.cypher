// name: lineage/descendants_graph
// question: What does the lineage below a model look like, drawn?
// param model_id: string, example "mistralai/Mistral-7B-v0.1"; the model
// param relations: list of string, default []; only edges that claim one of these (empty: all but hints)
// param limit: integer, default 300; most edges to return
// mode: read
// returns: parent, edge, child

MATCH path = (m:Model {model_id: $model_id})-[:PARENT_OF*1..10]->(:Model)
WHERE all(e IN relationships(path)
    WHERE size($relations) = 0 AND e.relation <> 'hint'
      OR any(r IN $relations WHERE r IN e.relations))
UNWIND relationships(path) AS edge
WITH DISTINCT edge
WITH startNode(edge) AS parent, edge, endNode(edge) AS child
RETURN parent, edge, child
ORDER BY parent.model_id, child.model_id
LIMIT $limit
