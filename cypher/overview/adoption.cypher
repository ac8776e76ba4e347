// name: overview/adoption
// question: Which share of each month's configured models has grouped attention, experts, a long context?
// param limit: integer, default 1000; most rows to return
// mode: read
// returns: month, n_configured, n_heads_known, n_grouped, n_experts_known, n_experts, n_context_known, n_long

// What is not known is in none of the counts that follow n_configured.
MATCH (m:Configured)
WHERE m.created_at IS NOT NULL
RETURN substring(m.created_at, 0, 7) AS month, count(m) AS n_configured,
  count(m.num_key_value_heads - m.num_attention_heads) AS n_heads_known,
  sum(CASE WHEN m.num_key_value_heads < m.num_attention_heads THEN 1 ELSE 0 END) AS n_grouped,
  count(m.num_experts) AS n_experts_known,
  sum(CASE WHEN m.num_experts > 1 THEN 1 ELSE 0 END) AS n_experts,
  count(m.max_position_embeddings) AS n_context_known,
  sum(CASE WHEN m.max_position_embeddings >= 32768 THEN 1 ELSE 0 END) AS n_long
ORDER BY month
LIMIT $limit
