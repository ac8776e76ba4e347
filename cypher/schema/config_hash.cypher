// name: schema/config_hash
// question: How are the copies of a configuration found?
// mode: schema
// returns: nothing

CREATE INDEX model_config_hash IF NOT EXISTS
FOR (m:Model) ON (m.config_hash)
