// name: overview/runs
// question: Which loads and write-backs made this graph?
// param limit: integer, default 1000; most rows to return
// mode: read
// returns: seq, id, kind, state, source, started_at, finished_at, tool_version, sha256, parameters, counts

MATCH (r:Run)
RETURN r.seq AS seq, r.id AS id, r.kind AS kind, r.state AS state, r.source AS source,
  r.started_at AS started_at, r.finished_at AS finished_at, r.tool_version AS tool_version,
  r.sha256 AS sha256, r.parameters AS parameters, r.counts AS counts
ORDER BY seq, id
LIMIT $limit
