// name: load/label_stubs_of
// question: Label the models among these that have no row of their own in any source.
// param ids: list of string, example ["gpt2"]; the models
// mode: write
// returns: n

UNWIND $ids AS id
MATCH (m:Model {model_id: id})
WHERE NOT m:Stub AND (m.sources IS NULL OR size(m.sources) = 0)
SET m:Stub
RETURN count(m) AS n
