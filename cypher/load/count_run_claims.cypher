// name: load/count_run_claims
// question: How many claims of edges does a run make?
// param run: string, example "0123456789abcdef"; id of the run
// mode: read
// returns: n
// bound: one row

MATCH (:Model)-[e:PARENT_OF]->(:Model)
UNWIND e.claims AS claim
WITH claim
WHERE split(claim, '|')[1] = $run
RETURN count(claim) AS n
