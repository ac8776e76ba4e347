// name: load/label_configured
// question: Label the models that have a configuration of their own.
// param limit: integer, default 1000; most of them in one go
// mode: write
// returns: n

// Weight shapes of an adapter are its base's, never its own.
MATCH (m:Model)
WHERE NOT m:Configured
  AND (m.hidden_size IS NOT NULL OR m.num_hidden_layers IS NOT NULL)
  AND NOT (coalesce(m.config_source, '') = 'weight-shapes'
    AND EXISTS { (m)<-[e:PARENT_OF]-() WHERE 'adapter' IN e.relations })
WITH m LIMIT $limit
SET m:Configured
RETURN count(m) AS n
