// name: similarity/same_config
// question: Which configurations are shared by the most models?
// param limit: integer, default 100; most rows to return
// mode: read
// returns: config_hash, n_models, n_organizations, n_components, most_downloaded, models

MATCH (m:Configured)
WHERE m.config_hash IS NOT NULL
WITH m ORDER BY coalesce(m.downloads, -1) DESC, m.model_id
WITH m.config_hash AS config_hash, collect(m.model_id) AS ids,
  count(DISTINCT m.organization) AS n_organizations, count(DISTINCT m.component_id) AS n_components
WHERE size(ids) > 1
RETURN config_hash, size(ids) AS n_models, n_organizations, n_components,
  ids[0] AS most_downloaded, ids[..5] AS models
ORDER BY n_models DESC, config_hash
LIMIT $limit
