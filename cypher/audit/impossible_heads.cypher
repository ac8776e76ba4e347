// name: audit/impossible_heads
// question: Which configurations have heads that do not divide?
// param limit: integer, default 1000; most rows to return
// mode: read
// returns: model_id, hidden_size, num_attention_heads, num_key_value_heads, head_dim, config_source

MATCH (m:Configured)
WHERE CASE WHEN m.num_key_value_heads > 0
    THEN m.num_attention_heads % m.num_key_value_heads <> 0 ELSE false END
  OR CASE WHEN m.head_dim IS NULL AND m.num_attention_heads > 0
    THEN m.hidden_size % m.num_attention_heads <> 0 ELSE false END
RETURN m.model_id AS model_id, m.hidden_size AS hidden_size,
  m.num_attention_heads AS num_attention_heads, m.num_key_value_heads AS num_key_value_heads,
  m.head_dim AS head_dim, m.config_source AS config_source
ORDER BY model_id
LIMIT $limit
