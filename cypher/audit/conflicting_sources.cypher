// name: audit/conflicting_sources
// question: Where do sources contradict each other about a configuration?
// param limit: integer, default 1000; most rows to return
// param attributes: list of string, default ["model_type", "hidden_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "head_dim", "intermediate_size", "vocab_size", "max_position_embeddings", "rope_theta", "rope_scaling_type", "hidden_act", "tie_word_embeddings", "sliding_window", "num_experts", "num_experts_per_tok"]; attributes to look at
// mode: read
// returns: model_id, attribute, stored, claimed, claim

// other_claims holds what lost, as run|evidence|snapshot|{"attribute": value, ...}.
MATCH (m:Model)
WHERE m.other_claims IS NOT NULL
UNWIND m.other_claims AS entry
UNWIND $attributes AS attribute
WITH m, entry, attribute, split(entry, '"' + attribute + '": ') AS parts
WHERE size(parts) > 1
WITH m, entry, attribute, replace(split(split(parts[1], ', "')[0], '}')[0], '"', '') AS claimed
WHERE claimed <> toString(m[attribute]) AND coalesce(toFloat(claimed) <> m[attribute], true)
WITH m, attribute, claimed, split(entry, '|') AS words
RETURN m.model_id AS model_id, attribute, m[attribute] AS stored, claimed,
  words[0] + '|' + words[1] + '|' + words[2] AS claim
ORDER BY model_id, attribute, claim
LIMIT $limit
