// name: write/clear_edge_ages
// question: Take the days between parent and child off the edges.
// param limit: integer, default 5000; most of them in one go
// mode: write
// returns: n

MATCH (:Model)-[e:PARENT_OF]->(:Model)
WHERE e.created_delta_days IS NOT NULL
WITH e LIMIT $limit
REMOVE e.created_delta_days
RETURN count(e) AS n
