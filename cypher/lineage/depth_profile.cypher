// name: lineage/depth_profile
// question: How many models stand how many hops below a model?
// param model_id: string, example "mistralai/Mistral-7B-v0.1"; the model
// param relations: list of string, default []; only edges that claim one of these (empty: all but hints)
// mode: read
// returns: hops, n_models, n_configured, n_stubs, n_licenses
// bound: ten rows, one for each hop

MATCH path = (m:Model {model_id: $model_id})-[:PARENT_OF*1..10]->(d:Model)
WHERE d <> m AND all(e IN relationships(path)
    WHERE size($relations) = 0 AND e.relation <> 'hint'
      OR any(r IN $relations WHERE r IN e.relations))
WITH d, min(length(path)) AS hops
RETURN hops, count(d) AS n_models, sum(CASE WHEN d:Configured THEN 1 ELSE 0 END) AS n_configured,
  sum(CASE WHEN d:Stub THEN 1 ELSE 0 END) AS n_stubs, count(DISTINCT d.license) AS n_licenses
ORDER BY hops
