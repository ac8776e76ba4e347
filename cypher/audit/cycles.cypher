// name: audit/cycles
// question: Which models come from themselves over others?
// param limit: integer, default 1000; most rows to return
// mode: read
// returns: model_id, hops, models

// Upwards, where the steps are few; each cycle is told once, by its smallest id.
MATCH (m:Model)
WHERE EXISTS { (m)-[e:PARENT_OF]->(c:Model) WHERE c <> m AND e.relation <> 'hint' }
MATCH path = (m)<-[:PARENT_OF*2..10]-(m)
WHERE none(e IN relationships(path) WHERE e.relation = 'hint')
WITH m.model_id AS model_id, length(path) AS hops,
  reverse([n IN nodes(path) | n.model_id]) AS models
WHERE all(id IN models WHERE model_id <= id)
  AND all(i IN range(0, hops - 1) WHERE NOT models[i] IN models[i + 1..hops])
RETURN model_id, hops, models
ORDER BY model_id, hops, reduce(text = '', id IN models | text + ' ' + id)
LIMIT $limit
