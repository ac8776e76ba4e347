// name: schema/model_key
// question: Which property names a model?
// mode: schema
// returns: nothing

CREATE CONSTRAINT model_key IF NOT EXISTS
FOR (m:Model) REQUIRE m.model_id IS UNIQUE
