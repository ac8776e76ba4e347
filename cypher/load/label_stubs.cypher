// name: load/label_stubs
// question: Label the models that have no row of their own in any source.
// param limit: integer, default 1000; most of them in one go
// mode: write
// returns: n

MATCH (m:Model)
WHERE NOT m:Stub AND (m.sources IS NULL OR size(m.sources) = 0)
WITH m LIMIT $limit
SET m:Stub
RETURN count(m) AS n
