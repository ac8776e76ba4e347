// name: lineage/hubs
// question: Which models have the most children, and of which relations?
// param limit: integer, default 100; most rows to return
// mode: read
// returns: model_id, n_children, n_finetune, n_adapter, n_quantized, n_merge, n_untyped

MATCH (p:Model)-[e:PARENT_OF]->(c:Model)
WHERE p <> c AND e.relation <> 'hint'
RETURN p.model_id AS model_id, count(e) AS n_children,
  sum(CASE WHEN 'finetune' IN e.relations THEN 1 ELSE 0 END) AS n_finetune,
  sum(CASE WHEN 'adapter' IN e.relations THEN 1 ELSE 0 END) AS n_adapter,
  sum(CASE WHEN 'quantized' IN e.relations THEN 1 ELSE 0 END) AS n_quantized,
  sum(CASE WHEN 'merge' IN e.relations THEN 1 ELSE 0 END) AS n_merge,
  sum(CASE WHEN 'untyped' IN e.relations THEN 1 ELSE 0 END) AS n_untyped
ORDER BY n_children DESC, model_id
LIMIT $limit
