// name: write/label_roots
// question: Label the models that have children and no parent; a loop is neither.
// param limit: integer, default 5000; most of them in one go
// mode: write
// returns: n

MATCH (m:Model)
WHERE NOT m:Root
  AND EXISTS { (m)-[e:PARENT_OF]->(c:Model) WHERE c <> m AND e.relation <> 'hint' }
  AND NOT EXISTS { (m)<-[e:PARENT_OF]-(p:Model) WHERE p <> m AND e.relation <> 'hint' }
WITH m LIMIT $limit
SET m:Root
RETURN count(m) AS n
