// name: load/label_stubs
// question: Label the models that have no row of their own in any source.
// mode: write
// returns: n

MATCH (m:Model)
WHERE NOT m:Stub AND (m.sources IS NULL OR size(m.sources) = 0)
SET m:Stub
RETURN count(m) AS n
