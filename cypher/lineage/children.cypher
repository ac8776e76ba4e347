// name: lineage/children
// question: Which models were made from a model directly, and what changed?
// param model_id: string, example "mistralai/Mistral-7B-v0.1"; the model
// param relations: list of string, default []; only edges that claim one of these (empty: all but hints)
// param limit: integer, default 1000; most rows to return
// mode: read
// returns: child, relation, relations, drift, n_compared, changed, created_delta_days, downloads

MATCH (m:Model {model_id: $model_id})-[e:PARENT_OF]->(c:Model)
WHERE c <> m AND (size($relations) = 0 AND e.relation <> 'hint'
    OR any(r IN $relations WHERE r IN e.relations))
RETURN c.model_id AS child, e.relation AS relation, e.relations AS relations, e.drift AS drift,
  e.n_compared AS n_compared, e.changed AS changed, e.created_delta_days AS created_delta_days,
  c.downloads AS downloads
ORDER BY coalesce(downloads, -1) DESC, child
LIMIT $limit
