-- 纠正: what a guardian put right. kind: standard (a standard answer from now on), note (an error note on
-- this answer). question and answer are masked, so that what is exported as training data (consent) is too.
CREATE TABLE correction (
    id INTEGER PRIMARY KEY, exchange_id INTEGER NOT NULL REFERENCES exchange(id),
    employee_id INTEGER REFERENCES employee(id), kind TEXT NOT NULL CHECK (kind IN ('standard', 'note')),
    text TEXT NOT NULL, standard_answer_id INTEGER REFERENCES standard_answer(id),
    consent INTEGER NOT NULL DEFAULT 0, copied_from INTEGER REFERENCES correction(id),
    staff_id INTEGER NOT NULL REFERENCES staff(id), created_at BIGINT NOT NULL
);
CREATE INDEX correction_exchange ON correction(exchange_id);
CREATE INDEX correction_employee ON correction(employee_id, created_at);
CREATE TABLE correction_sibling (        -- other answers that it contradicts, until a guardian has looked
    id INTEGER PRIMARY KEY, correction_id INTEGER NOT NULL REFERENCES correction(id),
    exchange_id INTEGER REFERENCES exchange(id), standard_answer_id INTEGER REFERENCES standard_answer(id),
    why TEXT NOT NULL CHECK (why IN ('clause', 'question')),
    state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'kept', 'corrected')),
    decided_by INTEGER REFERENCES staff(id), decided_at BIGINT,
    CHECK ((exchange_id IS NULL) <> (standard_answer_id IS NULL))
);
CREATE INDEX correction_sibling_of ON correction_sibling(correction_id);

-- 监测—预警—处置—复盘. subject: whom or what the alert is about (a login, an address, an engine), never what
-- somebody wrote. steps: JSON of {text, done_by, done_at}.
CREATE TABLE incident (
    id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, -- I20261122-00001
    rule TEXT NOT NULL, subject TEXT NOT NULL DEFAULT '', title TEXT NOT NULL, severity TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'handling', 'resolved', 'reviewed')),
    employee_id INTEGER REFERENCES employee(id), owner_role TEXT NOT NULL, owner_id INTEGER REFERENCES staff(id),
    steps TEXT NOT NULL DEFAULT '[]', seen INTEGER NOT NULL DEFAULT 1, -- how often the alert fired
    review TEXT NOT NULL DEFAULT '', opened_at BIGINT NOT NULL, last_at BIGINT NOT NULL,
    resolved_at BIGINT, reviewed_at BIGINT,
    CHECK (state <> 'reviewed' OR review <> '')
);
CREATE INDEX incident_rule ON incident(rule, subject, state);
CREATE INDEX incident_employee ON incident(employee_id);
CREATE TABLE incident_event (            -- its time line; only added to
    id INTEGER PRIMARY KEY, incident_id INTEGER NOT NULL REFERENCES incident(id),
    at BIGINT NOT NULL, staff_id INTEGER REFERENCES staff(id), kind TEXT NOT NULL, text TEXT NOT NULL
);
CREATE INDEX incident_event_of ON incident_event(incident_id, id);
CREATE TABLE incident_notice (           -- what must still be told outside, and how that went
    id INTEGER PRIMARY KEY, incident_id INTEGER NOT NULL REFERENCES incident(id),
    way TEXT NOT NULL CHECK (way IN ('webhook', 'mail')), target TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'failed')),
    tries INTEGER NOT NULL DEFAULT 0, next_at BIGINT NOT NULL DEFAULT 0, sent_at BIGINT, error TEXT NOT NULL DEFAULT ''
);
CREATE INDEX incident_notice_waiting ON incident_notice(state, next_at);
