// name: audit/several_relations
// question: Which edges claim several relations at once?
// param limit: integer, default 1000; most rows to return
// mode: read
// returns: parent, child, relation, relations, claims

MATCH (p:Model)-[e:PARENT_OF]->(c:Model)
WHERE size(e.relations) > 1
RETURN p.model_id AS parent, c.model_id AS child, e.relation AS relation,
  e.relations AS relations, e.claims AS claims
ORDER BY parent, child
LIMIT $limit
