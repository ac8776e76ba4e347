// name: fetch/edges
// question: Which edges are there?
// mode: read
// returns: parent, child, relations, relation
// bound: the whole graph

MATCH (p:Model)-[e:PARENT_OF]->(c:Model)
RETURN p.model_id AS parent, c.model_id AS child, e.relations AS relations, e.relation AS relation
ORDER BY parent, child
