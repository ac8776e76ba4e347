// name: write/similar
// question: Draw the edges from each of these models to its neighbours.
// param rows: list of map, example [{"source": "gpt2", "run": "0123456789abcdef", "edges": [{"target": "facebook/opt-125m", "properties": {"distance": 0.2}}]}]; source, run, and edges with target and properties
// mode: write
// returns: n

UNWIND $rows AS row
UNWIND row.edges AS edge
MATCH (s:Model {model_id: row.source})
MATCH (t:Model {model_id: edge.target})
MERGE (s)-[e:SIMILAR_TO {run: row.run}]->(t)
SET e += edge.properties
RETURN count(e) AS n
