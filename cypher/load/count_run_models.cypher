// name: load/count_run_models
// question: How many models does a run speak of?
// param run: string, example "0123456789abcdef"; id of the run
// mode: read
// returns: n
// bound: one row

MATCH (m:Model)
WHERE any(source IN m.sources WHERE split(source, '|')[1] = $run)
RETURN count(m) AS n
