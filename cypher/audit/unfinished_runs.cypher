// name: audit/unfinished_runs
// question: Which runs did not come to their end?
// param limit: integer, default 1000; most rows to return
// mode: read
// returns: seq, id, kind, state, source, started_at

MATCH (r:Run)
WHERE r.state <> 'complete'
RETURN r.seq AS seq, r.id AS id, r.kind AS kind, r.state AS state, r.source AS source,
  r.started_at AS started_at
ORDER BY seq, id
LIMIT $limit
