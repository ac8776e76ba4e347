// name: lineage/common_ancestors
// question: Which models do two models both come from, the nearest first?
// param one: string, example "HuggingFaceH4/zephyr-7b-beta"; a model
// param other: string, example "EmbeddedLLM/Mistral-7B-Merge-14-v0.4"; another model
// param relations: list of string, default []; only edges that claim one of these (empty: all but hints)
// param limit: integer, default 100; most rows to return
// mode: read
// returns: model_id, hops_one, hops_other, hops

MATCH path = (x:Model {model_id: $one})<-[:PARENT_OF*0..10]-(a:Model)
WHERE all(e IN relationships(path)
    WHERE size($relations) = 0 AND e.relation <> 'hint'
      OR any(r IN $relations WHERE r IN e.relations))
WITH a, min(length(path)) AS hops_one
WITH collect({model_id: a.model_id, hops: hops_one}) AS above
MATCH path = (y:Model {model_id: $other})<-[:PARENT_OF*0..10]-(a:Model)
WHERE all(e IN relationships(path)
    WHERE size($relations) = 0 AND e.relation <> 'hint'
      OR any(r IN $relations WHERE r IN e.relations))
WITH above, a.model_id AS model_id, min(length(path)) AS hops_other
UNWIND above AS step
WITH step, model_id, hops_other
WHERE step.model_id = model_id
RETURN model_id, step.hops AS hops_one, hops_other, step.hops + hops_other AS hops
ORDER BY hops, model_id
LIMIT $limit
