// name: audit/older_children
// question: Which children were made before their parents?
// param limit: integer, default 1000; most rows to return
// mode: read
// returns: parent, child, relation, parent_created_at, child_created_at, days

MATCH (p:Model)-[e:PARENT_OF]->(c:Model)
WHERE c.created_at < p.created_at AND e.relation <> 'hint'
RETURN p.model_id AS parent, c.model_id AS child, e.relation AS relation,
  p.created_at AS parent_created_at, c.created_at AS child_created_at,
  duration.inDays(datetime(p.created_at), datetime(c.created_at)).days AS days
ORDER BY days, parent, child
LIMIT $limit
