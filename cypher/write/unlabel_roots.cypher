// name: write/unlabel_roots
// question: Take the label off the models that are roots no longer.
// param limit: integer, default 5000; most of them in one go
// mode: write
// returns: n

MATCH (m:Root)
WHERE NOT (EXISTS { (m)-[:PARENT_OF]->(c:Model) WHERE c <> m }
  AND NOT EXISTS { (m)<-[:PARENT_OF]-(p:Model) WHERE p <> m })
WITH m LIMIT $limit
REMOVE m:Root
RETURN count(m) AS n
