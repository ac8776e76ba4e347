// name: load/count_run_edges
// question: How many edges does a run claim?
// param run: string, example "0123456789abcdef"; id of the run
// mode: read
// returns: n
// bound: one row

MATCH (:Model)-[e:PARENT_OF]->(:Model)
WHERE any(claim IN e.claims WHERE split(claim, '|')[1] = $run)
RETURN count(e) AS n
