// name: fetch/children
// question: Which children does a model have, one page of them?
// param model_id: string, example "mistralai/Mistral-7B-v0.1"; the model
// param relations: list of string, default []; only edges that claim one of these (empty: all but hints)
// param sort: string, default "downloads"; what comes first: downloads, descendants or id
// param skip: integer, default 0; rows to leave out at the beginning
// param limit: integer, default 50; most rows to return
// mode: read
// returns: child, relation, relations, drift, downloads, n_children, n_descendants

MATCH (m:Model {model_id: $model_id})-[e:PARENT_OF]->(c:Model)
WHERE c <> m AND (size($relations) = 0 AND e.relation <> 'hint'
    OR any(r IN $relations WHERE r IN e.relations))
WITH c, e, CASE $sort WHEN 'downloads' THEN coalesce(c.downloads, -1)
  WHEN 'descendants' THEN coalesce(c.n_descendants, -1) ELSE 0 END AS first
RETURN c.model_id AS child, e.relation AS relation, e.relations AS relations, e.drift AS drift,
  c.downloads AS downloads, c.n_children AS n_children, c.n_descendants AS n_descendants
ORDER BY first DESC, child
SKIP $skip
LIMIT $limit
