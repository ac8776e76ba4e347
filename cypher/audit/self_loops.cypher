// name: audit/self_loops
// question: Which models are named as their own parent?
// param limit: integer, default 1000; most rows to return
// mode: read
// returns: model_id, relation, relations, claims

MATCH (m:Model)-[e:PARENT_OF]->(m)
WHERE e.relation <> 'hint'
RETURN m.model_id AS model_id, e.relation AS relation, e.relations AS relations, e.claims AS claims
ORDER BY model_id
LIMIT $limit
