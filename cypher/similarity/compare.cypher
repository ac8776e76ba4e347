// name: similarity/compare
// question: In which attributes do two models differ?
// param one: string, example "mistralai/Mistral-7B-v0.1"; a model
// param other: string, example "HuggingFaceH4/zephyr-7b-beta"; another model
// param attributes: list of string, default ["model_type", "hidden_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "head_dim", "intermediate_size", "vocab_size", "max_position_embeddings", "rope_theta", "rope_scaling_type", "hidden_act", "tie_word_embeddings", "sliding_window", "num_experts", "num_experts_per_tok"]; attributes to look at
// mode: read
// returns: attribute, value_one, value_other, differs
// bound: one row for each attribute given

MATCH (x:Model {model_id: $one})
MATCH (y:Model {model_id: $other})
UNWIND range(0, size($attributes) - 1) AS at
WITH at, $attributes[at] AS attribute, x, y
RETURN attribute, x[attribute] AS value_one, y[attribute] AS value_other,
  x[attribute] <> y[attribute] AS differs
ORDER BY at
