// name: load/unlabel_configured_of
// question: Take the label off the models among these that no longer have a configuration of their own.
// param ids: list of string, example ["gpt2"]; the models
// mode: write
// returns: n

UNWIND $ids AS id
MATCH (m:Model {model_id: id})
WHERE m:Configured AND NOT ((m.hidden_size IS NOT NULL OR m.num_hidden_layers IS NOT NULL)
  AND NOT (coalesce(m.config_source, '') = 'weight-shapes'
    AND EXISTS { (m)<-[e:PARENT_OF]-() WHERE 'adapter' IN e.relations }))
REMOVE m:Configured
RETURN count(m) AS n
