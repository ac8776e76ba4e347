// name: overview/properties
// question: Which properties do models have, and how many have each?
// mode: read
// returns: property, n_models, n_configured
// bound: one row for each property

// Models with the same properties are counted together before they are taken apart.
MATCH (m:Model)
WITH keys(m) AS properties, m:Configured AS configured, count(m) AS n
UNWIND properties AS property
RETURN property, sum(n) AS n_models, sum(CASE WHEN configured THEN n ELSE 0 END) AS n_configured
ORDER BY property
