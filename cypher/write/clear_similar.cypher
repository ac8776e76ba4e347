// name: write/clear_similar
// question: Delete the similarity edges of a run.
// param run: string, example "0123456789abcdef"; id of the run
// param limit: integer, default 5000; most of them in one go
// mode: write
// returns: n

MATCH (:Model)-[e:SIMILAR_TO]->(:Model)
WHERE e.run = $run
WITH e LIMIT $limit
DELETE e
RETURN count(*) AS n
