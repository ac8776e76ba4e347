// name: lineage/merges
// question: Which models were merged from the most parents?
// param limit: integer, default 100; most rows to return
// mode: read
// returns: model_id, n_parents, parents, n_families

MATCH (p:Model)-[e:PARENT_OF]->(m:Model)
WHERE p <> m AND 'merge' IN e.relations
WITH m, p ORDER BY p.model_id
WITH m, collect(p.model_id) AS parents, count(DISTINCT
  CASE WHEN p.family IN ['unknown', 'other'] THEN null ELSE p.family END) AS n_families
RETURN m.model_id AS model_id, size(parents) AS n_parents, parents, n_families
ORDER BY n_parents DESC, model_id
LIMIT $limit
