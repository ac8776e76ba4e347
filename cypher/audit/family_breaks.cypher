// name: audit/family_breaks
// question: Which children are of another family than their parent?
// param limit: integer, default 1000; most rows to return
// mode: read
// returns: parent, child, relation, parent_family, child_family

MATCH (p:Model)-[e:PARENT_OF]->(c:Model)
WHERE p.family <> c.family AND e.relation <> 'hint' AND NOT p.family IN ['unknown', 'other']
  AND NOT c.family IN ['unknown', 'other']
RETURN p.model_id AS parent, c.model_id AS child, e.relation AS relation,
  p.family AS parent_family, c.family AS child_family
ORDER BY parent, child
LIMIT $limit
