// name: load/unlabel_stubs_of
// question: Take the label off the stubs among these that a source has named since.
// param ids: list of string, example ["gpt2"]; the models
// mode: write
// returns: n

UNWIND $ids AS id
MATCH (m:Model {model_id: id})
WHERE m:Stub AND size(m.sources) > 0
REMOVE m:Stub
RETURN count(m) AS n
