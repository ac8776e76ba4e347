// name: audit/reshaped
// question: Which finetunes, adapters and quantizations have another width or depth than their parent?
// param limit: integer, default 1000; most rows to return
// mode: read
// returns: parent, child, relation, parent_hidden_size, child_hidden_size, parent_layers, child_layers

MATCH (p:Configured)-[e:PARENT_OF]->(c:Configured)
WHERE any(r IN ['finetune', 'adapter', 'quantized'] WHERE r IN e.relations)
  AND (p.hidden_size <> c.hidden_size OR p.num_hidden_layers <> c.num_hidden_layers)
RETURN p.model_id AS parent, c.model_id AS child, e.relation AS relation,
  p.hidden_size AS parent_hidden_size, c.hidden_size AS child_hidden_size,
  p.num_hidden_layers AS parent_layers, c.num_hidden_layers AS child_layers
ORDER BY parent, child
LIMIT $limit
