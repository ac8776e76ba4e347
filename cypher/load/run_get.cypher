// name: load/run_get
// question: What is stored of a run?
// param run: string, example "0123456789abcdef"; id of the run
// mode: read
// returns: run
// bound: one row

MATCH (r:Run {id: $run})
RETURN properties(r) AS run
