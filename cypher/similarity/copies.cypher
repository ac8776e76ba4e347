// name: similarity/copies
// question: Which other models have the very configuration of a model?
// param model_id: string, example "mistralai/Mistral-7B-v0.1"; the model
// param limit: integer, default 1000; most rows to return
// mode: read
// returns: model_id, organization, component_id, is_representative, created_at, downloads

MATCH (m:Model {model_id: $model_id})
MATCH (t:Model {config_hash: m.config_hash})
WHERE t <> m
RETURN t.model_id AS model_id, t.organization AS organization,
  t.component_id AS component_id, t.is_representative AS is_representative,
  t.created_at AS created_at, t.downloads AS downloads
ORDER BY coalesce(downloads, -1) DESC, model_id
LIMIT $limit
