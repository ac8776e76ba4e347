// name: overview/properties
// question: Which properties do models have, and how many have each?
// mode: read
// returns: property, n_models, n_configured
// bound: one row for each property

MATCH (m:Model)
UNWIND keys(m) AS property
RETURN property, count(*) AS n_models,
  sum(CASE WHEN m:Configured THEN 1 ELSE 0 END) AS n_configured
ORDER BY property
