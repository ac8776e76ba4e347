// name: load/unlabel_stubs
// question: Take the label off the stubs that a source has named since.
// mode: write
// returns: n

MATCH (m:Stub)
WHERE size(m.sources) > 0
REMOVE m:Stub
RETURN count(m) AS n
