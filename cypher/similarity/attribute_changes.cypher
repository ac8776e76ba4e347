// name: similarity/attribute_changes
// question: From which value to which does an attribute change along edges?
// param attribute: string, example "vocab_size"; the attribute
// param relations: list of string, default []; only edges that claim one of these (empty: all but hints)
// param limit: integer, default 100; most rows to return
// mode: read
// returns: parent_value, child_value, n_edges, example_parent, example_child

MATCH (p:Configured)-[e:PARENT_OF]->(c:Configured)
WHERE p <> c AND p[$attribute] <> c[$attribute]
  AND (size($relations) = 0 AND e.relation <> 'hint'
    OR any(r IN $relations WHERE r IN e.relations))
WITH p, c ORDER BY p.model_id, c.model_id
WITH p[$attribute] AS parent_value, c[$attribute] AS child_value, count(*) AS n_edges,
  collect(p.model_id)[0] AS example_parent, collect(c.model_id)[0] AS example_child
RETURN parent_value, child_value, n_edges, example_parent, example_child
ORDER BY n_edges DESC, toString(parent_value), toString(child_value)
LIMIT $limit
