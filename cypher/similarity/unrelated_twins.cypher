// name: similarity/unrelated_twins
// question: Which models are alike without a known common lineage?
// param max_distance: float, default 0.05; largest distance that counts as alike
// param limit: integer, default 100; most rows to return
// mode: read
// returns: source, target, distance, n_compared, source_family, target_family

// Where either has no declared relative, related is null, unknown: no row.
MATCH (s:Model)-[e:SIMILAR_TO]->(t:Model)
WHERE e.distance <= $max_distance AND e.related = false
RETURN s.model_id AS source, t.model_id AS target, e.distance AS distance,
  e.n_compared AS n_compared, s.family AS source_family, t.family AS target_family
ORDER BY distance, source, target
LIMIT $limit
