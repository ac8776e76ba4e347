// name: similarity/mutations
// question: Which attributes change along edges, and how often?
// param relations: list of string, default []; only edges that claim one of these (empty: all but hints)
// param attributes: list of string, default ["model_type", "hidden_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "head_dim", "intermediate_size", "vocab_size", "max_position_embeddings", "rope_theta", "rope_scaling_type", "hidden_act", "tie_word_embeddings", "sliding_window", "num_experts", "num_experts_per_tok"]; attributes to look at
// mode: read
// returns: attribute, n_edges, n_compared, n_changed, rate
// bound: one row for each attribute given

MATCH (p:Configured)-[e:PARENT_OF]->(c:Configured)
WHERE p <> c AND (size($relations) = 0 AND e.relation <> 'hint'
    OR any(r IN $relations WHERE r IN e.relations))
UNWIND $attributes AS attribute
WITH attribute, count(e) AS n_edges,
  sum(CASE WHEN p[attribute] IS NULL OR c[attribute] IS NULL THEN 0 ELSE 1 END) AS n_compared,
  sum(CASE WHEN p[attribute] <> c[attribute] THEN 1 ELSE 0 END) AS n_changed
RETURN attribute, n_edges, n_compared, n_changed,
  CASE WHEN n_compared = 0 THEN null ELSE toFloat(n_changed) / n_compared END AS rate
ORDER BY coalesce(rate, -1.0) DESC, attribute
