// name: audit/quantized_finetunes
// question: Which finetunes are quantized by their configuration while the parent is not?
// param limit: integer, default 1000; most rows to return
// mode: read
// returns: parent, child, relations, quant_method

MATCH (p:Configured)-[e:PARENT_OF]->(c:Configured)
WHERE 'finetune' IN e.relations AND NOT 'quantized' IN e.relations
  AND c.quant_method IS NOT NULL AND p.quant_method IS NULL
RETURN p.model_id AS parent, c.model_id AS child, e.relations AS relations,
  c.quant_method AS quant_method
ORDER BY parent, child
LIMIT $limit
