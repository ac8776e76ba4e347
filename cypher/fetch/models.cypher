// name: fetch/models
// question: Which models are configured or have a relative, and what is known of each?
// mode: read
// returns: model_id, model_type, architecture, hidden_size, num_hidden_layers, num_attention_heads, num_key_value_heads, head_dim, intermediate_size, vocab_size, max_position_embeddings, rope_theta, rope_scaling_type, hidden_act, tie_word_embeddings, sliding_window, num_experts, num_experts_per_tok, n_shared_experts, moe_intermediate_size, kv_lora_rank, q_lora_rank, torch_dtype, transformers_version, quant_method, quant_bits, kv_ratio, n_params, created_at, downloads, likes, pipeline_tag, library_name, license, languages, datasets, repaired, organization, family, config_hash, config_source, snapshot, n_attributes, sources, configured, stub, root, has_row
// bound: the whole graph; models without relative and configuration are left out

MATCH (m:Model)
WHERE m:Configured OR EXISTS { (m)-[e:PARENT_OF]-() WHERE e.relation <> 'hint' }
RETURN m.model_id AS model_id,
  m.model_type AS model_type, m.architecture AS architecture, m.hidden_size AS hidden_size,
  m.num_hidden_layers AS num_hidden_layers, m.num_attention_heads AS num_attention_heads,
  m.num_key_value_heads AS num_key_value_heads, m.head_dim AS head_dim,
  m.intermediate_size AS intermediate_size, m.vocab_size AS vocab_size,
  m.max_position_embeddings AS max_position_embeddings, m.rope_theta AS rope_theta,
  m.rope_scaling_type AS rope_scaling_type, m.hidden_act AS hidden_act,
  m.tie_word_embeddings AS tie_word_embeddings, m.sliding_window AS sliding_window,
  m.num_experts AS num_experts, m.num_experts_per_tok AS num_experts_per_tok,
  m.n_shared_experts AS n_shared_experts, m.moe_intermediate_size AS moe_intermediate_size,
  m.kv_lora_rank AS kv_lora_rank, m.q_lora_rank AS q_lora_rank, m.torch_dtype AS torch_dtype,
  m.transformers_version AS transformers_version, m.quant_method AS quant_method,
  m.quant_bits AS quant_bits, m.kv_ratio AS kv_ratio, m.n_params AS n_params,
  m.created_at AS created_at, m.downloads AS downloads, m.likes AS likes,
  m.pipeline_tag AS pipeline_tag, m.library_name AS library_name, m.license AS license,
  m.languages AS languages, m.datasets AS datasets, m.repaired AS repaired,
  m.organization AS organization, m.family AS family, m.config_hash AS config_hash,
  m.config_source AS config_source, m.snapshot AS snapshot, m.n_attributes AS n_attributes,
  m.sources AS sources,
  m:Configured AS configured, m:Stub AS stub, m:Root AS root,
  any(source IN coalesce(m.sources, []) WHERE source STARTS WITH 'config|') AS has_row
ORDER BY model_id
