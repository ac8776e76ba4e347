// name: overview/search
// question: Which models have a text in their id?
// param text: string, example "mistral"; part of an id, in any case
// param limit: integer, default 50; most rows to return
// mode: read
// returns: model_id, family, n_children, downloads, created_at, configured, stub

MATCH (m:Model)
WHERE m.model_id_lower CONTAINS toLower($text)
WITH m, CASE WHEN m.model_id_lower = toLower($text) THEN 0
  WHEN m.model_id_lower ENDS WITH '/' + toLower($text) THEN 1
  WHEN m.model_id_lower STARTS WITH toLower($text) THEN 2 ELSE 3 END AS rank
ORDER BY rank, coalesce(m.downloads, -1) DESC, m.model_id
LIMIT $limit
RETURN m.model_id AS model_id, m.family AS family,
  COUNT { (m)-[e:PARENT_OF]->(c:Model) WHERE c <> m AND e.relation <> 'hint' } AS n_children,
  m.downloads AS downloads, m.created_at AS created_at, m:Configured AS configured, m:Stub AS stub
ORDER BY rank, coalesce(downloads, -1) DESC, model_id
LIMIT $limit
