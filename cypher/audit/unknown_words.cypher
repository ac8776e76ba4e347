// name: audit/unknown_words
// question: Which words for a relation does the source use that are not known?
// param limit: integer, default 1000; most rows to return
// mode: read
// returns: word, n_claims, example_parent, example_child

MATCH (p:Model)-[e:PARENT_OF]->(c:Model)
WITH p, e, c ORDER BY p.model_id, c.model_id
UNWIND e.claims AS claim
WITH split(claim, '|') AS parts, p, c
WHERE size(parts) > 2 AND NOT parts[2] IN ['config_name_or_path', 'name_or_path']
RETURN parts[2] AS word, count(*) AS n_claims, collect(p.model_id)[0] AS example_parent,
  collect(c.model_id)[0] AS example_child
ORDER BY n_claims DESC, word
LIMIT $limit
