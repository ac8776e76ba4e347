// name: lineage/siblings
// question: Which models share a parent with a model?
// param model_id: string, example "HuggingFaceH4/zephyr-7b-beta"; the model
// param limit: integer, default 1000; most rows to return
// mode: read
// returns: model_id, parents, family, downloads

MATCH (m:Model {model_id: $model_id})<-[e:PARENT_OF]-(p:Model)
MATCH (p)-[f:PARENT_OF]->(s:Model)
WHERE p <> m AND s <> m AND s <> p AND e.relation <> 'hint' AND f.relation <> 'hint'
WITH s, p ORDER BY p.model_id
WITH s, collect(p.model_id) AS parents
RETURN s.model_id AS model_id, parents, s.family AS family, s.downloads AS downloads
ORDER BY size(parents) DESC, coalesce(downloads, -1) DESC, model_id
LIMIT $limit
