// name: schema/run_key
// question: Which property names a run?
// mode: schema
// returns: nothing

CREATE CONSTRAINT run_key IF NOT EXISTS
FOR (r:Run) REQUIRE r.id IS UNIQUE
