// name: load/runs_all
// question: Which runs made this graph?
// mode: read
// returns: run
// bound: one row for each run

MATCH (r:Run)
RETURN properties(r) AS run
ORDER BY run.seq, run.id
