-- The gateway for applications: their keys, what they used, and every call of a model.

-- 密钥: the secret is shown once; only its SM3 is kept. counter 'api_key' counts changes, so that a
-- running server notices what another process did.
CREATE TABLE api_key (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
    department_id TEXT NOT NULL REFERENCES department(id),
    hint TEXT NOT NULL,                  -- the first characters of the secret, to tell keys apart by
    key_hash TEXT NOT NULL UNIQUE,       -- SM3 of the whole secret
    previous_hash TEXT NOT NULL DEFAULT '', previous_until BIGINT NOT NULL DEFAULT 0, -- after a rotation
    scopes TEXT NOT NULL DEFAULT '{}',   -- JSON: scopes, models, addresses; an empty list is no limit
    priority TEXT NOT NULL, keeping TEXT NOT NULL, -- domain/call.h
    requests_minute BIGINT NOT NULL DEFAULT 0, tokens_minute BIGINT NOT NULL DEFAULT 0, -- 0: no limit
    tokens_day BIGINT NOT NULL DEFAULT 0, concurrent BIGINT NOT NULL DEFAULT 0,
    expires_at BIGINT NOT NULL DEFAULT 0, revoked_at BIGINT NOT NULL DEFAULT 0, -- 0: never
    created_by TEXT NOT NULL, created_at BIGINT NOT NULL, rotated_at BIGINT NOT NULL DEFAULT 0,
    note TEXT NOT NULL DEFAULT ''
);
CREATE INDEX api_key_department ON api_key(department_id);

-- 用量: by hour, as it is shown and charged
CREATE TABLE model_use (
    day INTEGER NOT NULL, hour INTEGER NOT NULL, -- in the city's zone
    key_id INTEGER NOT NULL,             -- 0: refused before a key was known
    department_id TEXT NOT NULL, model TEXT NOT NULL, engine TEXT NOT NULL,
    requests BIGINT NOT NULL, errors BIGINT NOT NULL, estimated BIGINT NOT NULL, -- calls we counted ourselves
    prompt BIGINT NOT NULL, cached BIGINT NOT NULL, answer BIGINT NOT NULL, reasoning BIGINT NOT NULL,
    cost BIGINT NOT NULL,                -- millionths of a yuan
    PRIMARY KEY (day, hour, key_id, department_id, model, engine)
);

-- 每次调用: its phases for whoever looks for what was slow; what was said for the auditor alone
CREATE TABLE model_call (
    id INTEGER PRIMARY KEY,              -- the number of its record in the journal (store/books.h)
    request_id TEXT NOT NULL, trace_id TEXT NOT NULL, at BIGINT NOT NULL,
    key_id INTEGER NOT NULL, department_id TEXT NOT NULL, verb TEXT NOT NULL,
    asked TEXT NOT NULL, model TEXT NOT NULL, engine TEXT NOT NULL,
    outcome TEXT NOT NULL, status INTEGER NOT NULL,
    figures TEXT NOT NULL,               -- JSON: priority, tokens, cost, tries, times in µs
    keeping TEXT NOT NULL, digest TEXT NOT NULL,
    kept INTEGER NOT NULL,               -- 1: prompt and answer are still here
    prompt BLOB, answer BLOB             -- sealed for 'full'; with tokens for 'masked'
);
CREATE INDEX model_call_request ON model_call(request_id);
CREATE INDEX model_call_kept ON model_call(at) WHERE kept = 1;
