// name: overview/families
// question: Which architecture families are there, how large, and how well known?
// param limit: integer, default 1000; most rows to return
// mode: read
// returns: family, n_models, n_configured, share_configured, n_roots, n_organizations, downloads

MATCH (m:Model)
WITH m.family AS family, count(m) AS n_models,
  sum(CASE WHEN m:Configured THEN 1 ELSE 0 END) AS n_configured,
  sum(CASE WHEN m:Root THEN 1 ELSE 0 END) AS n_roots,
  count(DISTINCT m.organization) AS n_organizations, count(m.downloads) AS n_known,
  sum(m.downloads) AS known
RETURN family, n_models, n_configured, toFloat(n_configured) / n_models AS share_configured,
  n_roots, n_organizations, CASE WHEN n_known = 0 THEN null ELSE known END AS downloads
ORDER BY n_models DESC, family
LIMIT $limit
