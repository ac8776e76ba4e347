// name: schema/root_id
// question: How are the models under a root found?
// mode: schema
// returns: nothing

CREATE INDEX model_root_id IF NOT EXISTS
FOR (m:Model) ON (m.root_id)
