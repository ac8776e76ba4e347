// name: audit/case_twins
// question: Which ids are equal up to case?
// param limit: integer, default 1000; most rows to return
// mode: read
// returns: lower, n_models, models

MATCH (m:Model)
WITH m ORDER BY m.model_id
WITH m.model_id_lower AS lower, collect(m.model_id) AS models
WHERE size(models) > 1
RETURN lower, size(models) AS n_models, models
ORDER BY lower
LIMIT $limit
