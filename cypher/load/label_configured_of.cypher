// name: load/label_configured_of
// question: Label the models among these that have a configuration of their own.
// param ids: list of string, example ["gpt2"]; the models
// mode: write
// returns: n

// Weight shapes of an adapter are its base's, never its own.
UNWIND $ids AS id
MATCH (m:Model {model_id: id})
WHERE NOT m:Configured
  AND (m.hidden_size IS NOT NULL OR m.num_hidden_layers IS NOT NULL)
  AND NOT (coalesce(m.config_source, '') = 'weight-shapes'
    AND EXISTS { (m)<-[e:PARENT_OF]-() WHERE 'adapter' IN e.relations })
SET m:Configured
RETURN count(m) AS n
