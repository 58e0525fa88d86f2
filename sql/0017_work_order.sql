-- 12345 工单: what somebody asked of the city, the way it goes (domain/work_order.h holds the same
-- states) and every step of it. Personal data: title, text, wanted and place hold tokens
-- (guard/mask.h), their values are sealed in `personal` (place work_order.personal/<receipt>), who
-- asked in `asker` (place work_order.asker/<receipt>: JSON name, phone, contact).
CREATE TABLE work_order (
    id INTEGER PRIMARY KEY, receipt TEXT NOT NULL UNIQUE, -- W20261122-00001
    state TEXT NOT NULL DEFAULT 'intake' CHECK (state IN ('intake', 'dispatched', 'returned',
        'accepted', 'in_work', 'signing', 'answered', 'visited', 'closed', 'merged', 'withdrawn')),
    version INTEGER NOT NULL DEFAULT 1,  -- one more with every change: two clerks, one order
    source TEXT NOT NULL DEFAULT 'page', -- page, talk, api, staff, import, mail, phone
    source_key TEXT UNIQUE,              -- who sends the same again gets the same order; NULL: none
    device TEXT NOT NULL DEFAULT '', query_code TEXT NOT NULL,
    asker BLOB, asker_key TEXT NOT NULL DEFAULT '', -- HMAC-SM3 of the phone number, for 我的诉求
    secret INTEGER NOT NULL DEFAULT 0 CHECK (secret IN (0, 1)), -- 要求保密: the handling side never sees who
    title TEXT NOT NULL, text TEXT NOT NULL, wanted TEXT NOT NULL DEFAULT '', personal BLOB,
    happened TEXT NOT NULL DEFAULT '',   -- when, in the asker's words
    division TEXT NOT NULL DEFAULT '',   -- division code, 2 to 12 digits; '' unknown
    district TEXT NOT NULL DEFAULT '', street TEXT NOT NULL DEFAULT '',
    community TEXT NOT NULL DEFAULT '', place TEXT NOT NULL DEFAULT '',
    x INTEGER, y INTEGER,                -- on the city's schematic map, 0 to 1000
    class1 TEXT NOT NULL DEFAULT '', class2 TEXT NOT NULL DEFAULT '', class3 TEXT NOT NULL DEFAULT '',
    kind TEXT NOT NULL DEFAULT '' CHECK (kind IN ('', 'inquiry', 'help', 'complaint', 'tip', 'suggestion')),
    urgency INTEGER NOT NULL DEFAULT 0 CHECK (urgency BETWEEN 0 AND 3), -- 一般 较急 紧急 特急
    department_id TEXT NOT NULL DEFAULT '', -- 承办单位; '' before dispatch
    helpers TEXT NOT NULL DEFAULT '[]',  -- JSON list of department ids, 协办单位
    due_at BIGINT NOT NULL DEFAULT 0,    -- when it must be answered; 0: not yet promised
    line BIGINT NOT NULL,                -- the more urgent and the sooner due, the smaller (work_order_line)
    accept_by BIGINT NOT NULL DEFAULT 0, -- when it must be accepted or returned
    supervised INTEGER NOT NULL DEFAULT 0 CHECK (supervised IN (0, 1)), -- 督办
    escalated INTEGER NOT NULL DEFAULT 0, reminded_at BIGINT NOT NULL DEFAULT 0,
    merged_into INTEGER REFERENCES work_order(id), votes INTEGER NOT NULL DEFAULT 0,
    verdict TEXT NOT NULL DEFAULT '',    -- JSON: what the triage said
    reply TEXT NOT NULL DEFAULT '', replied_by TEXT NOT NULL DEFAULT '', -- as signed; the signer's name
    satisfaction INTEGER NOT NULL DEFAULT 0 CHECK (satisfaction BETWEEN 0 AND 5),
    satisfaction_reason TEXT NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL,
    answered_at BIGINT NOT NULL DEFAULT 0, closed_at BIGINT NOT NULL DEFAULT 0,
    CHECK ((state = 'merged') = (merged_into IS NOT NULL))
);
-- A list begins at once however many there are: each filter of the seat has the order it is shown in.
CREATE INDEX work_order_state ON work_order(state, line, id);
CREATE INDEX work_order_department ON work_order(department_id, state, line, id);
CREATE INDEX work_order_open ON work_order(line, id)
    WHERE state IN ('intake', 'dispatched', 'returned', 'accepted', 'in_work', 'signing');
CREATE INDEX work_order_department_open ON work_order(department_id, line, id)
    WHERE state IN ('intake', 'dispatched', 'returned', 'accepted', 'in_work', 'signing');
CREATE INDEX work_order_late ON work_order(due_at, id)
    WHERE state IN ('intake', 'dispatched', 'returned', 'accepted', 'in_work', 'signing');
CREATE INDEX work_order_department_new ON work_order(department_id, id);
CREATE INDEX work_order_asker ON work_order(asker_key, id) WHERE asker_key <> '';
CREATE INDEX work_order_device ON work_order(device, id) WHERE device <> '';
CREATE INDEX work_order_merged ON work_order(merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX work_order_created ON work_order(created_at, id);

-- 办理过程: one row for each thing done to an order, in the transaction that did it.
CREATE TABLE work_order_step (
    id INTEGER PRIMARY KEY, work_order_id INTEGER NOT NULL REFERENCES work_order(id),
    at BIGINT NOT NULL, verb TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL,
    actor_id INTEGER REFERENCES staff(id), actor_name TEXT NOT NULL,
    department_id TEXT NOT NULL DEFAULT '', -- to which department, where the step names one
    reason TEXT NOT NULL DEFAULT ''         -- masked
);
CREATE INDEX work_order_step_order ON work_order_step(work_order_id, id);

-- 联合办理: a helping department finds its orders here.
CREATE TABLE work_order_helper (
    work_order_id INTEGER NOT NULL REFERENCES work_order(id), department_id TEXT NOT NULL,
    added_at BIGINT NOT NULL, PRIMARY KEY (work_order_id, department_id)
);
CREATE INDEX work_order_helper_department ON work_order_helper(department_id, work_order_id);
