// name: fetch/members
// question: What decides how these models are sorted and filtered?
// param ids: list of string, example ["mistralai/Mistral-7B-v0.1"]; the models
// mode: read
// returns: model_id, created_at, downloads, license, n_children, n_descendants
// bound: one row for each id given

UNWIND $ids AS id
MATCH (m:Model {model_id: id})
RETURN m.model_id AS model_id, m.created_at AS created_at, m.downloads AS downloads,
  m.license AS license, m.n_children AS n_children, m.n_descendants AS n_descendants
ORDER BY model_id
