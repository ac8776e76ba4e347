// name: write/drop_similar_of
// question: Delete the similarity edges that leave these models.
// param sources: list of string, example ["gpt2"]; the models
// mode: write
// returns: n

UNWIND $sources AS id
MATCH (s:Model {model_id: id})-[e:SIMILAR_TO]->(:Model)
DELETE e
RETURN count(*) AS n
