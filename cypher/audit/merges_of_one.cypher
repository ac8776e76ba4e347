// name: audit/merges_of_one
// question: Which merges name one parent only?
// param limit: integer, default 1000; most rows to return
// mode: read
// returns: model_id, parent, parent_stub

MATCH (p:Model)-[e:PARENT_OF]->(m:Model)
WHERE 'merge' IN e.relations AND p <> m
  AND COUNT { (m)<-[f:PARENT_OF]-(other:Model) WHERE other <> m AND f.relation <> 'hint' } = 1
RETURN m.model_id AS model_id, p.model_id AS parent, p:Stub AS parent_stub
ORDER BY model_id
LIMIT $limit
