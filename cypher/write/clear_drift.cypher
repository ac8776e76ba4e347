// name: write/clear_drift
// question: Take the drift of a run off its edges.
// param run: string, example "0123456789abcdef"; id of the run
// param limit: integer, default 5000; most of them in one go
// mode: write
// returns: n

MATCH (:Model)-[e:PARENT_OF]->(:Model)
WHERE e.drift_run = $run
WITH e LIMIT $limit
REMOVE e.drift, e.n_compared, e.n_changed, e.changed, e.drift_run
RETURN count(e) AS n
