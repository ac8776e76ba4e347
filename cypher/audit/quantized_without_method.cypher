// name: audit/quantized_without_method
// question: Which models are declared quantized while their configuration names no method?
// param limit: integer, default 1000; most rows to return
// mode: read
// returns: parent, child, relations, config_source

MATCH (p:Model)-[e:PARENT_OF]->(c:Configured)
WHERE 'quantized' IN e.relations AND c.quant_method IS NULL AND c.config_source = 'config.json'
RETURN p.model_id AS parent, c.model_id AS child, e.relations AS relations,
  c.config_source AS config_source
ORDER BY parent, child
LIMIT $limit
