// name: audit/case_twins
// question: Which ids are equal up to case?
// param limit: integer, default 1000; most rows to return
// mode: read
// returns: lower, n_models, models

// Counted first: only the few that are twins are sorted.
MATCH (m:Model)
WITH m.model_id_lower AS lower, count(m) AS n_models
WHERE n_models > 1
MATCH (m:Model {model_id_lower: lower})
WITH lower, n_models, m ORDER BY m.model_id
RETURN lower, n_models, collect(m.model_id) AS models
ORDER BY lower
LIMIT $limit
