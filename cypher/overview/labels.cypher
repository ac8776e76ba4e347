// name: overview/labels
// question: Which labels are in the graph, on how many nodes?
// mode: read
// returns: label, n_nodes
// bound: one row for each label

MATCH (n)
UNWIND labels(n) AS label
RETURN label, count(*) AS n_nodes
ORDER BY label
