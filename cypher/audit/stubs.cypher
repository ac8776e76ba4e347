// name: audit/stubs
// question: Which models are named as parents while no source has them?
// param limit: integer, default 1000; most rows to return
// mode: read
// returns: model_id, n_children, relations

MATCH (m:Stub)-[e:PARENT_OF]->(c:Model)
WHERE c <> m AND e.relation <> 'hint'
UNWIND e.relations AS relation
WITH m, c, relation ORDER BY relation
RETURN m.model_id AS model_id, count(DISTINCT c) AS n_children,
  collect(DISTINCT relation) AS relations
ORDER BY n_children DESC, model_id
LIMIT $limit
