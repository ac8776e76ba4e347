// name: lineage/blast_radius
// question: What hangs below a model, by the relation it was reached by and by licence?
// param model_id: string, example "mistralai/Mistral-7B-v0.1"; the model
// param relations: list of string, default []; only edges that claim one of these (empty: all but hints)
// param limit: integer, default 1000; most rows to return
// mode: read
// returns: relation, license, n_models, n_downloads_known, downloads

// A model that is reached by several relations counts under each.
MATCH path = (m:Model {model_id: $model_id})-[:PARENT_OF*1..10]->(d:Model)
WHERE d <> m AND all(e IN relationships(path)
    WHERE size($relations) = 0 AND e.relation <> 'hint'
      OR any(r IN $relations WHERE r IN e.relations))
WITH DISTINCT d, last(relationships(path)).relation AS relation
WITH relation, d.license AS license, count(d) AS n_models, count(d.downloads) AS n_downloads_known,
  sum(d.downloads) AS known
RETURN relation, license, n_models, n_downloads_known,
  CASE WHEN n_downloads_known = 0 THEN null ELSE known END AS downloads
ORDER BY n_models DESC, relation, license
LIMIT $limit
