// name: load/delete_orphans
// question: Delete models that have neither a source nor an edge.
// param limit: integer, default 5000; most of them in one go
// mode: write
// returns: n

MATCH (m:Model)
WHERE (m.sources IS NULL OR size(m.sources) = 0) AND NOT EXISTS { (m)-[:PARENT_OF]-() }
WITH m LIMIT $limit
DETACH DELETE m
RETURN count(*) AS n
