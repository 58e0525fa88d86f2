-- The first schema. Portable subset (SQLite and PostgreSQL): BIGINT ms for times, INTEGER days since
-- 1970-01-01 for dates, 0/1 for booleans, ids by `INTEGER PRIMARY KEY`. Numbered files are never edited
-- once released; a change is a new file.

-- 部门
CREATE TABLE department (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, short TEXT NOT NULL, phone TEXT NOT NULL DEFAULT '',
    duties TEXT NOT NULL DEFAULT '[]',   -- JSON array of sentences
    windows TEXT NOT NULL DEFAULT '[]'   -- JSON array of {name,address,hours,phone}
);
CREATE TABLE city (
    id INTEGER PRIMARY KEY CHECK (id = 1), name TEXT NOT NULL, division_code TEXT NOT NULL,
    hotline TEXT NOT NULL, profile TEXT NOT NULL DEFAULT '{}'
);

-- 账号
CREATE TABLE staff (
    id INTEGER PRIMARY KEY, login TEXT NOT NULL UNIQUE, name TEXT NOT NULL, role TEXT NOT NULL,
    department_id TEXT NOT NULL REFERENCES department(id), title TEXT NOT NULL DEFAULT '',
    password TEXT NOT NULL,              -- argon2id encoded
    must_change INTEGER NOT NULL DEFAULT 1,
    failures INTEGER NOT NULL DEFAULT 0, locked_until BIGINT NOT NULL DEFAULT 0,
    disabled INTEGER NOT NULL DEFAULT 0, created_at BIGINT NOT NULL, password_at BIGINT NOT NULL
);
CREATE TABLE session (
    id INTEGER PRIMARY KEY, token_hash TEXT NOT NULL UNIQUE, -- SM3 of the 256-bit token
    staff_id INTEGER NOT NULL REFERENCES staff(id), csrf TEXT NOT NULL,
    created_at BIGINT NOT NULL, seen_at BIGINT NOT NULL, expires_at BIGINT NOT NULL,
    address TEXT NOT NULL DEFAULT '', revoked INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX session_staff ON session(staff_id);

-- 政策文件: a policy, its versions, and the passages of a version
CREATE TABLE document (
    id INTEGER PRIMARY KEY, title TEXT NOT NULL, issuing_body TEXT NOT NULL DEFAULT '',
    department_id TEXT, classification TEXT NOT NULL DEFAULT 'public', -- public, internal
    created_at BIGINT NOT NULL
);
CREATE TABLE original (                  -- bytes as uploaded; the file lies under files/<digest>
    digest TEXT PRIMARY KEY, file_name TEXT NOT NULL, media_type TEXT NOT NULL,
    bytes BIGINT NOT NULL, created_at BIGINT NOT NULL
);
CREATE TABLE version (
    id INTEGER PRIMARY KEY, document_id INTEGER NOT NULL REFERENCES document(id),
    number INTEGER NOT NULL,             -- 1, 2, … within the document
    digest TEXT NOT NULL REFERENCES original(digest),
    title TEXT NOT NULL, document_number TEXT NOT NULL DEFAULT '', issuing_body TEXT NOT NULL DEFAULT '',
    issued_on INTEGER, effective_from INTEGER, expires_on INTEGER,
    repealed_on INTEGER,                 -- first day out of force
    repealed_by INTEGER REFERENCES version(id),
    state TEXT NOT NULL DEFAULT 'confirmed', -- proposed (read out, waits for a person), confirmed, withdrawn
    repeals TEXT NOT NULL DEFAULT '[]',  -- JSON: {title,document_number} read out of the text
    plain TEXT NOT NULL,                 -- the extracted text that passages' offsets point into
    notes TEXT NOT NULL DEFAULT '[]',    -- JSON: what the extraction was unsure of
    confirmed_by INTEGER REFERENCES staff(id), confirmed_at BIGINT, created_at BIGINT NOT NULL,
    UNIQUE (document_id, number)
);
CREATE INDEX version_digest ON version(digest);
CREATE INDEX version_document_number ON version(document_number);
CREATE TABLE passage (
    id INTEGER PRIMARY KEY, version_id INTEGER NOT NULL REFERENCES version(id),
    ordinal INTEGER NOT NULL, kind TEXT NOT NULL, -- front, article, paragraph, item, table_row
    clause TEXT NOT NULL DEFAULT '', heading TEXT NOT NULL DEFAULT '', text TEXT NOT NULL,
    begin_at BIGINT NOT NULL, end_at BIGINT NOT NULL,
    embedding BLOB,                      -- int8[512] + float scale, made in the background
    embedding_model TEXT,
    UNIQUE (version_id, ordinal)
);
CREATE INDEX passage_unembedded ON passage(embedding_model) WHERE embedding_model IS NULL;

-- 标准问答
CREATE TABLE standard_answer (
    id INTEGER PRIMARY KEY, key TEXT UNIQUE, answer TEXT NOT NULL, department_id TEXT,
    state TEXT NOT NULL DEFAULT 'approved', -- approved, withdrawn
    source TEXT NOT NULL DEFAULT 'setup',   -- setup, handoff, page
    handoff_id INTEGER, approved_by INTEGER REFERENCES staff(id), approved_at BIGINT NOT NULL,
    valid_from INTEGER, valid_to INTEGER, updated_at BIGINT NOT NULL
);
CREATE TABLE standard_question (
    id INTEGER PRIMARY KEY, standard_answer_id INTEGER NOT NULL REFERENCES standard_answer(id), text TEXT NOT NULL
);
CREATE TABLE standard_citation (
    id INTEGER PRIMARY KEY, standard_answer_id INTEGER NOT NULL REFERENCES standard_answer(id),
    document_number TEXT NOT NULL, clause TEXT NOT NULL
);

-- 一问一答: a conversation belongs to a device (citizen) or a member of staff
CREATE TABLE conversation (
    id INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE, device TEXT NOT NULL DEFAULT '',
    staff_id INTEGER REFERENCES staff(id), created_at BIGINT NOT NULL
);
CREATE INDEX conversation_device ON conversation(device);
CREATE TABLE exchange (
    id INTEGER PRIMARY KEY, conversation_id INTEGER NOT NULL REFERENCES conversation(id),
    receipt TEXT NOT NULL UNIQUE,        -- Q20261121-00042
    question TEXT NOT NULL,              -- masked; tokens resolved by `personal`
    personal BLOB,                       -- SM4-CTR + HMAC-SM3: JSON token -> value
    as_of INTEGER NOT NULL,
    outcome TEXT NOT NULL,               -- running, standard, answered, partial, not_found, failed, cancelled, broken
    masked TEXT NOT NULL DEFAULT '[]',   -- JSON: kinds of personal data that were masked
    clauses TEXT NOT NULL DEFAULT '[]',  -- JSON: the evidence exactly as it was shown
    done TEXT NOT NULL DEFAULT '',       -- JSON: the last event exactly as it was sent
    answer TEXT NOT NULL DEFAULT '',     -- exactly what was shown, masked form
    sentences TEXT NOT NULL DEFAULT '[]',-- JSON: each sentence, its state, its citations, withheld ones too
    passages TEXT NOT NULL DEFAULT '[]', -- JSON: passage id, version id, text digest, score, rank
    standard_answer_id INTEGER, model TEXT NOT NULL DEFAULT '', prompt_version TEXT NOT NULL DEFAULT '',
    reasoning TEXT NOT NULL DEFAULT '',  -- for the auditor only
    timings TEXT NOT NULL DEFAULT '{}',  -- JSON ms: mask, search, first_clause, first_word, done
    withheld INTEGER NOT NULL DEFAULT 0, created_at BIGINT NOT NULL,
    feedback INTEGER NOT NULL DEFAULT 0, feedback_reason TEXT NOT NULL DEFAULT ''
);
CREATE INDEX exchange_conversation ON exchange(conversation_id);
CREATE INDEX exchange_created ON exchange(created_at);

-- 转人工
CREATE TABLE handoff (
    id INTEGER PRIMARY KEY, receipt TEXT NOT NULL UNIQUE, -- H20261121-00007
    exchange_id INTEGER REFERENCES exchange(id), device TEXT NOT NULL DEFAULT '',
    question TEXT NOT NULL, contact BLOB, -- sealed like exchange.personal
    reason TEXT NOT NULL,                -- asked, not_found, weak, engine_down
    department_id TEXT, state TEXT NOT NULL DEFAULT 'waiting', -- waiting, taken, replied, closed
    taken_by INTEGER REFERENCES staff(id), taken_at BIGINT, reply TEXT NOT NULL DEFAULT '',
    replied_by INTEGER REFERENCES staff(id), replied_at BIGINT, created_at BIGINT NOT NULL,
    query_code TEXT NOT NULL             -- what the asker shows to read the reply elsewhere
);
CREATE INDEX handoff_state ON handoff(state, created_at);

-- 任务: background work that survives a restart
CREATE TABLE job (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'waiting', -- waiting, running, done, failed, cancelled
    input TEXT NOT NULL DEFAULT '{}', result TEXT NOT NULL DEFAULT '{}', done BIGINT NOT NULL DEFAULT 0,
    total BIGINT NOT NULL DEFAULT 0, message TEXT NOT NULL DEFAULT '', staff_id INTEGER,
    lease_until BIGINT NOT NULL DEFAULT 0, tries INTEGER NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL
);
CREATE INDEX job_state ON job(state);

-- 审计: append-only, each row carries the SM3 of the one before (crypto/sm3.h; row form in store/audit.h)
CREATE TABLE audit (
    id INTEGER PRIMARY KEY,              -- 1, 2, 3 … without gaps
    at BIGINT NOT NULL, actor TEXT NOT NULL, role TEXT NOT NULL, address TEXT NOT NULL,
    verb TEXT NOT NULL, object TEXT NOT NULL, outcome TEXT NOT NULL, request_id TEXT NOT NULL,
    detail TEXT NOT NULL, prev TEXT NOT NULL, hash TEXT NOT NULL
);
CREATE INDEX audit_at ON audit(at);
CREATE INDEX audit_verb ON audit(verb, at);
CREATE TABLE audit_head (                -- the newest row, so that a cut tail is noticed
    id INTEGER PRIMARY KEY CHECK (id = 1), last INTEGER NOT NULL, hash TEXT NOT NULL
);
CREATE TABLE audit_checkpoint (
    id INTEGER PRIMARY KEY, last INTEGER NOT NULL, hash TEXT NOT NULL, signature TEXT NOT NULL, -- SM2
    at BIGINT NOT NULL
);

CREATE TABLE counter (name TEXT PRIMARY KEY, value BIGINT NOT NULL); -- receipt numbers per day
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
