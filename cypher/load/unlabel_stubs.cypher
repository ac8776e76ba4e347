// name: load/unlabel_stubs
// question: Take the label off the stubs that a source has named since.
// param limit: integer, default 1000; most of them in one go
// mode: write
// returns: n

MATCH (m:Stub)
WHERE size(m.sources) > 0
WITH m LIMIT $limit
REMOVE m:Stub
RETURN count(m) AS n
