// name: load/run_delete
// question: Delete the node of a run.
// param run: string, example "0123456789abcdef"; id of the run
// mode: write
// returns: n

MATCH (r:Run {id: $run})
DELETE r
RETURN count(*) AS n
