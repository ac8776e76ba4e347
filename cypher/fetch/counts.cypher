// name: fetch/counts
// question: How much does the graph hold?
// mode: read
// returns: models, configured, stubs, roots, edges, similar, runs
// bound: one row

RETURN COUNT { (:Model) } AS models, COUNT { (:Configured) } AS configured,
  COUNT { (:Stub) } AS stubs, COUNT { (:Root) } AS roots,
  COUNT { ()-[:PARENT_OF]->() } AS edges, COUNT { ()-[:SIMILAR_TO]->() } AS similar,
  COUNT { (:Run) } AS runs
