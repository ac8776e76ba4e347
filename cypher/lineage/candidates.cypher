// name: lineage/candidates
// question: Which models could be meant by an id that is not there?
// param organization: string, default "", example "mistralai"; what the id has before the slash, in lower case
// param parts: list of string, default [], example ["mistral", "instruct"]; pieces of its name, in lower case
// mode: read
// returns: model_id, n_parts
// serves: the closest ids, when a command is given a wrong one

MATCH (m:Model)
WHERE m.model_id_lower STARTS WITH $organization + '/'
  OR any(part IN $parts WHERE m.model_id_lower CONTAINS part)
RETURN m.model_id AS model_id,
  size([part IN $parts WHERE m.model_id_lower CONTAINS part]) AS n_parts
ORDER BY n_parts DESC, model_id
LIMIT 1000
