// name: overview/licenses
// question: Under which licences are models published?
// param limit: integer, default 100; most rows to return
// mode: read
// returns: license, n_models, n_configured, n_roots, n_organizations

MATCH (m:Model)
RETURN m.license AS license, count(m) AS n_models,
  sum(CASE WHEN m:Configured THEN 1 ELSE 0 END) AS n_configured,
  sum(CASE WHEN m:Root THEN 1 ELSE 0 END) AS n_roots,
  count(DISTINCT m.organization) AS n_organizations
ORDER BY n_models DESC, license
LIMIT $limit
