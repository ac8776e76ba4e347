// name: lineage/descendants
// question: Which models come from a model, and how many hops below?
// param model_id: string, example "mistralai/Mistral-7B-v0.1"; the model to start from
// param relations: list of string, default []; only edges that claim one of these (empty: all but hints)
// param limit: integer, default 1000; most rows to return
// mode: read
// returns: model_id, hops, family, license, created_at, downloads, configured, stub

MATCH path = (m:Model {model_id: $model_id})-[:PARENT_OF*1..10]->(d:Model)
WHERE d <> m AND all(e IN relationships(path)
    WHERE size($relations) = 0 AND e.relation <> 'hint'
      OR any(r IN $relations WHERE r IN e.relations))
RETURN d.model_id AS model_id, min(length(path)) AS hops, d.family AS family,
  d.license AS license, d.created_at AS created_at, d.downloads AS downloads,
  d:Configured AS configured, d:Stub AS stub
ORDER BY hops, model_id
LIMIT $limit
