// name: similarity/most_drifted
// question: Along which edges did configurations drift most?
// param relations: list of string, default []; only edges that claim one of these (empty: all but hints)
// param min_shared: integer, default 6; fields that an edge compares at least: few shared fields make large drifts
// param limit: integer, default 100; most rows to return
// mode: read
// returns: parent, child, relation, drift, n_compared, n_changed, changed

MATCH (p:Model)-[e:PARENT_OF]->(c:Model)
WHERE e.drift IS NOT NULL AND p <> c AND e.n_compared >= $min_shared
  AND (size($relations) = 0 AND e.relation <> 'hint'
    OR any(r IN $relations WHERE r IN e.relations))
RETURN p.model_id AS parent, c.model_id AS child, e.relation AS relation, e.drift AS drift,
  e.n_compared AS n_compared, e.n_changed AS n_changed, e.changed AS changed
ORDER BY drift DESC, parent, child
LIMIT $limit
