// name: lineage/step_down
// question: Which children do these models have?
// param frontier: list of string, example ["HuggingFaceH4/zephyr-7b-beta"]; the models to step from
// param relations: list of string, default []; only edges that claim one of these (empty: all but hints)
// mode: read
// returns: parent, child, relation, relations, drift, n_compared, family, created_at, downloads, configured, stub
// bound: one row for each edge to a child; walked hop by hop
// serves: every walk down, one query for each hop

UNWIND $frontier AS id
MATCH (p:Model {model_id: id})-[e:PARENT_OF]->(c:Model)
WHERE p <> c AND (size($relations) = 0 AND e.relation <> 'hint'
    OR any(r IN $relations WHERE r IN e.relations))
RETURN p.model_id AS parent, c.model_id AS child, e.relation AS relation,
  e.relations AS relations, e.drift AS drift, e.n_compared AS n_compared,
  c.family AS family, c.created_at AS created_at, c.downloads AS downloads,
  c:Configured AS configured, c:Stub AS stub
ORDER BY parent, child
