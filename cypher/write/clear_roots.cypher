// name: write/clear_roots
// question: Take the label off all roots.
// param limit: integer, default 5000; most of them in one go
// mode: write
// returns: n

MATCH (m:Root)
WITH m LIMIT $limit
REMOVE m:Root
RETURN count(m) AS n
