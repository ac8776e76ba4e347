// name: load/models_of_run
// question: Which models does a run speak of?
// param run: string, example "0123456789abcdef"; id of the run
// param limit: integer, default 5000; most of them in one go
// mode: read
// returns: model_id, properties
// bound: limit models

MATCH (m:Model)
WHERE any(source IN m.sources WHERE split(source, '|')[1] = $run)
WITH m LIMIT $limit
RETURN m.model_id AS model_id, properties(m) AS properties
ORDER BY model_id
