// name: overview/license_changes
// question: From which licence to which do children change?
// param limit: integer, default 100; most rows to return
// mode: read
// returns: parent_license, child_license, n_edges, changes

// Unknown on one side: neither a change nor none.
MATCH (p:Model)-[e:PARENT_OF]->(c:Model)
WHERE p <> c AND e.relation <> 'hint'
RETURN p.license AS parent_license, c.license AS child_license, count(e) AS n_edges,
  p.license <> c.license AS changes
ORDER BY n_edges DESC, parent_license, child_license
LIMIT $limit
