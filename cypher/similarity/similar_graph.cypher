// name: similarity/similar_graph
// question: What do the neighbours of a model look like, drawn?
// param model_id: string, example "mistralai/Mistral-7B-v0.1"; the model
// param limit: integer, default 25; most edges to return
// mode: read
// returns: source, edge, target

MATCH (source:Model {model_id: $model_id})-[edge:SIMILAR_TO]->(target:Model)
RETURN source, edge, target
ORDER BY edge.rank, target.model_id
LIMIT $limit
