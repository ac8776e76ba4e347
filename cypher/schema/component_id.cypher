// name: schema/component_id
// question: How are the models of a component found?
// mode: schema
// returns: nothing

CREATE INDEX model_component_id IF NOT EXISTS
FOR (m:Model) ON (m.component_id)
