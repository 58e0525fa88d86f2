-- Thousands of calls a second are written here: what no query reads is not kept. Every look at the trail is by its
-- time or its number.
DROP INDEX audit_verb;
DROP INDEX audit_actor;
