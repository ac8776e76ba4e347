// name: schema/model_id_lower
// question: How is a model found by the start of its id, whatever the case?
// mode: schema
// returns: nothing

CREATE INDEX model_model_id_lower IF NOT EXISTS
FOR (m:Model) ON (m.model_id_lower)
