// name: similarity/foreign_neighbours
// question: Which models have their nearest neighbour in another family?
// param limit: integer, default 100; most rows to return
// mode: read
// returns: source, source_family, target, target_family, distance, n_compared

MATCH (s:Model)-[e:SIMILAR_TO {rank: 1}]->(t:Model)
WHERE s.family <> t.family AND NOT s.family IN ['unknown', 'other']
  AND NOT t.family IN ['unknown', 'other']
RETURN s.model_id AS source, s.family AS source_family, t.model_id AS target,
  t.family AS target_family, e.distance AS distance, e.n_compared AS n_compared
ORDER BY distance, source
LIMIT $limit
