// name: lineage/ancestors
// question: Which models does a model come from, and how many hops above?
// param model_id: string, example "EmbeddedLLM/Mistral-7B-Merge-14-v0.4"; the model to start from
// param relations: list of string, default []; only edges that claim one of these (empty: all but hints)
// param limit: integer, default 1000; most rows to return
// mode: read
// returns: model_id, hops, family, license, created_at, downloads, configured, stub

MATCH path = (m:Model {model_id: $model_id})<-[:PARENT_OF*1..10]-(a:Model)
WHERE a <> m AND all(e IN relationships(path)
    WHERE size($relations) = 0 AND e.relation <> 'hint'
      OR any(r IN $relations WHERE r IN e.relations))
RETURN a.model_id AS model_id, min(length(path)) AS hops, a.family AS family,
  a.license AS license, a.created_at AS created_at, a.downloads AS downloads,
  a:Configured AS configured, a:Stub AS stub
ORDER BY hops, model_id
LIMIT $limit
