// name: load/unlabel_configured
// question: Take the label off the models that no longer have a configuration of their own.
// param limit: integer, default 1000; most of them in one go
// mode: write
// returns: n

MATCH (m:Configured)
WHERE NOT ((m.hidden_size IS NOT NULL OR m.num_hidden_layers IS NOT NULL)
  AND NOT (coalesce(m.config_source, '') = 'weight-shapes'
    AND EXISTS { (m)<-[e:PARENT_OF]-() WHERE 'adapter' IN e.relations }))
WITH m LIMIT $limit
REMOVE m:Configured
RETURN count(m) AS n
