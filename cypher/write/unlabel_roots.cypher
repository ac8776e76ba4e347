// name: write/unlabel_roots
// question: Take the label off the models that are roots no longer.
// param limit: integer, default 5000; most of them in one go
// mode: write
// returns: n

MATCH (m:Root)
WHERE NOT (EXISTS { (m)-[e:PARENT_OF]->(c:Model) WHERE c <> m AND e.relation <> 'hint' }
  AND NOT EXISTS { (m)<-[e:PARENT_OF]-(p:Model) WHERE p <> m AND e.relation <> 'hint' })
WITH m LIMIT $limit
REMOVE m:Root
RETURN count(m) AS n
