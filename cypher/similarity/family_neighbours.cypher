// name: similarity/family_neighbours
// question: Which families lie near which?
// param limit: integer, default 200; most rows to return
// mode: read
// returns: family, neighbour_family, n_edges, nearest, mean_distance

MATCH (s:Model)-[e:SIMILAR_TO]->(t:Model)
WHERE NOT s.family IN ['unknown', 'other'] AND NOT t.family IN ['unknown', 'other']
RETURN s.family AS family, t.family AS neighbour_family, count(e) AS n_edges,
  min(e.distance) AS nearest, avg(e.distance) AS mean_distance
ORDER BY family, mean_distance, neighbour_family
LIMIT $limit
