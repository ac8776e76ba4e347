// name: schema/organization
// question: How are the models of an organization found?
// mode: schema
// returns: nothing

CREATE INDEX model_organization IF NOT EXISTS
FOR (m:Model) ON (m.organization)
