// name: schema/family
// question: How are the models of a family found?
// mode: schema
// returns: nothing

CREATE INDEX model_family IF NOT EXISTS
FOR (m:Model) ON (m.family)
