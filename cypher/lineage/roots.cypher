// name: lineage/roots
// question: Which models do others come from that come from none?
// param limit: integer, default 1000; most rows to return
// mode: read
// returns: model_id, family, n_children, n_descendants, created_at, downloads, configured, stub

MATCH (m:Root)
RETURN m.model_id AS model_id, m.family AS family, m.n_children AS n_children,
  m.n_descendants AS n_descendants, m.created_at AS created_at, m.downloads AS downloads,
  m:Configured AS configured, m:Stub AS stub
ORDER BY coalesce(n_descendants, -1) DESC, model_id
LIMIT $limit
