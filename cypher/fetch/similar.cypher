// name: fetch/similar
// question: Which models are drawn as similar?
// mode: read
// returns: source, target, distance, similarity, rank, n_compared, related, metric, features, run
// bound: the whole graph

MATCH (s:Model)-[e:SIMILAR_TO]->(t:Model)
RETURN s.model_id AS source, t.model_id AS target,
  e.distance AS distance, e.similarity AS similarity, e.rank AS rank,
  e.n_compared AS n_compared, e.related AS related, e.metric AS metric, e.features AS features,
  e.run AS run
ORDER BY source, rank, target
