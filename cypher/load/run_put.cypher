// name: load/run_put
// question: Create a run where it is missing, and set its properties.
// param run: string, example "0123456789abcdef"; id of the run
// param properties: map, example {"seq": 1, "state": "running"}; what to set, null to take one away
// mode: write
// returns: n

MERGE (r:Run {id: $run})
SET r += $properties
RETURN count(r) AS n
