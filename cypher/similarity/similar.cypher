// name: similarity/similar
// question: Which models of other configurations lie nearest to a model, related or not?
// param model_id: string, example "mistralai/Mistral-7B-v0.1"; the model
// param limit: integer, default 10; most neighbours to return
// mode: read
// returns: rank, model_id, distance, n_compared, family, similarity, related

// related is stored with the edge: null, unknown, where either has no declared relative.
MATCH (m:Model {model_id: $model_id})-[e:SIMILAR_TO]->(t:Model)
RETURN e.rank AS rank, t.model_id AS model_id, e.distance AS distance, e.n_compared AS n_compared,
  t.family AS family, e.similarity AS similarity,
  e.related AS related
ORDER BY rank, model_id
LIMIT $limit
