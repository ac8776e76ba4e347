// name: load/edges_of_run
// question: Which edges does a run claim?
// param run: string, example "0123456789abcdef"; id of the run
// param limit: integer, default 5000; most of them in one go
// mode: read
// returns: parent, child, claims
// bound: limit edges

MATCH (p:Model)-[e:PARENT_OF]->(c:Model)
WHERE any(claim IN e.claims WHERE split(claim, '|')[1] = $run)
WITH p, e, c LIMIT $limit
RETURN p.model_id AS parent, c.model_id AS child, e.claims AS claims
ORDER BY parent, child
