// name: overview/licenses
// question: Under which licences are models published, and do children keep their parent's?
// param limit: integer, default 100; most rows to return
// mode: read
// returns: license, n_models, n_children_known, n_children_same

MATCH (m:Model)
OPTIONAL MATCH (m)-[:PARENT_OF]->(c:Model)
WHERE c <> m
WITH m, count(c.license) AS known, sum(CASE WHEN c.license = m.license THEN 1 ELSE 0 END) AS same
RETURN m.license AS license, count(m) AS n_models,
  CASE WHEN m.license IS NULL THEN null ELSE sum(known) END AS n_children_known,
  CASE WHEN m.license IS NULL THEN null ELSE sum(same) END AS n_children_same
ORDER BY n_models DESC, license
LIMIT $limit
