// name: overview/organizations
// question: Which organizations publish the most, and what came of it elsewhere?
// param limit: integer, default 100; most rows to return
// mode: read
// returns: organization, n_models, n_configured, n_children, n_children_elsewhere

// The children of the largest only, found by the index on organization.
MATCH (m:Model)
WITH m.organization AS organization, count(m) AS n_models,
  sum(CASE WHEN m:Configured THEN 1 ELSE 0 END) AS n_configured
ORDER BY n_models DESC, organization
LIMIT $limit
OPTIONAL MATCH (m:Model {organization: organization})-[e:PARENT_OF]->(c:Model)
WHERE c <> m AND e.relation <> 'hint'
RETURN organization, n_models, n_configured, count(c) AS n_children,
  sum(CASE WHEN c.organization <> organization THEN 1 ELSE 0 END) AS n_children_elsewhere
ORDER BY n_models DESC, organization
LIMIT $limit
