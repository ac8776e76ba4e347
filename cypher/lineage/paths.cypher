// name: lineage/paths
// question: On which ways does one model come from another?
// param ancestor_id: string, example "mistralai/Mistral-7B-v0.1"; the older model
// param descendant_id: string, example "EmbeddedLLM/Mistral-7B-Merge-14-v0.4"; the younger model
// param relations: list of string, default []; only edges that claim one of these (empty: all but hints)
// param limit: integer, default 100; most ways to return
// mode: read
// returns: hops, models, relations_on_the_way

MATCH path = (d:Model {model_id: $descendant_id})<-[:PARENT_OF*1..10]-(a:Model)
WHERE a.model_id = $ancestor_id AND all(e IN relationships(path)
    WHERE size($relations) = 0 AND e.relation <> 'hint'
      OR any(r IN $relations WHERE r IN e.relations))
WITH length(path) AS hops, reverse([n IN nodes(path) | n.model_id]) AS models,
  reverse([e IN relationships(path) | e.relation]) AS relations_on_the_way
WHERE all(i IN range(0, hops - 1) WHERE NOT models[i] IN models[i + 1..])
RETURN hops, models, relations_on_the_way
ORDER BY hops, reduce(text = '', id IN models | text + ' ' + id)
LIMIT $limit
