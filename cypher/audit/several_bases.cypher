// name: audit/several_bases
// question: Which models are finetunes of several parents?
// param limit: integer, default 1000; most rows to return
// mode: read
// returns: model_id, n_bases, bases

MATCH (p:Model)-[e:PARENT_OF]->(m:Model)
WHERE 'finetune' IN e.relations AND NOT 'merge' IN e.relations AND p <> m
WITH m, p ORDER BY p.model_id
WITH m, collect(p.model_id) AS bases
WHERE size(bases) > 1
RETURN m.model_id AS model_id, size(bases) AS n_bases, bases
ORDER BY model_id
LIMIT $limit
