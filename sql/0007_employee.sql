-- 数智员工 (domain/employee.h). Lists are JSON. phase, been_public and phase_since change only with a row in
-- employee_step; everything else with a row in employee_change.
CREATE TABLE employee (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, name TEXT NOT NULL, about TEXT NOT NULL DEFAULT '',
    category TEXT NOT NULL, department_id TEXT NOT NULL REFERENCES department(id),
    scenarios TEXT NOT NULL, serves TEXT NOT NULL DEFAULT '[]', -- department ids; []: everybody's
    knowledge TEXT NOT NULL, checks TEXT NOT NULL DEFAULT '[]', hours TEXT NOT NULL DEFAULT '[]',
    guardian_id INTEGER REFERENCES staff(id), deputy_id INTEGER REFERENCES staff(id),
    phase TEXT NOT NULL CHECK (phase IN ('trial', 'internal', 'public')), phase_since BIGINT NOT NULL,
    been_public INTEGER NOT NULL DEFAULT 0,
    sensitivity TEXT NOT NULL, priority TEXT NOT NULL, prompt TEXT NOT NULL,
    off INTEGER NOT NULL DEFAULT 0, off_reason TEXT NOT NULL DEFAULT '',
    revision INTEGER NOT NULL DEFAULT 1, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL,
    CHECK (guardian_id IS NULL OR guardian_id <> deputy_id)
);
CREATE TABLE employee_change (           -- who changed what, why; before and after as the form
    id INTEGER PRIMARY KEY, employee_id INTEGER NOT NULL REFERENCES employee(id),
    revision INTEGER NOT NULL, staff_id INTEGER REFERENCES staff(id), reason TEXT NOT NULL,
    before TEXT NOT NULL, after TEXT NOT NULL, undoes INTEGER REFERENCES employee_change(id),
    created_at BIGINT NOT NULL, UNIQUE (employee_id, revision)
);
CREATE TABLE staff_leave (               -- 请假: first and last day
    id INTEGER PRIMARY KEY, staff_id INTEGER NOT NULL REFERENCES staff(id),
    from_day INTEGER NOT NULL, to_day INTEGER NOT NULL, reason TEXT NOT NULL DEFAULT '',
    ended INTEGER NOT NULL DEFAULT 0, created_by INTEGER REFERENCES staff(id), created_at BIGINT NOT NULL,
    CHECK (to_day >= from_day)
);
CREATE INDEX staff_leave_staff ON staff_leave(staff_id, to_day);

-- Which employee an answer is of; what it took. NULL: nobody was in charge of it.
ALTER TABLE exchange ADD COLUMN employee_id INTEGER REFERENCES employee(id);
ALTER TABLE exchange ADD COLUMN tokens BIGINT NOT NULL DEFAULT 0; -- of prompt and answer
ALTER TABLE exchange ADD COLUMN sentence_count INTEGER NOT NULL DEFAULT 0; -- written, withheld ones too
CREATE INDEX exchange_employee ON exchange(employee_id, created_at);

-- 先内后外: every step from one phase to another. A step up is a form that guardian and department admin sign.
CREATE TABLE employee_step (
    id INTEGER PRIMARY KEY, employee_id INTEGER NOT NULL REFERENCES employee(id),
    from_phase TEXT NOT NULL, to_phase TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('file', 'form', 'fall')), -- from a file; signed; numbers fell
    state TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'withdrawn')),
    measured TEXT NOT NULL DEFAULT '{}', -- JSON: the figures at that moment, with their thresholds
    reason TEXT NOT NULL, guardian_id INTEGER REFERENCES staff(id), guardian_at BIGINT,
    admin_id INTEGER REFERENCES staff(id), admin_at BIGINT,
    created_by INTEGER REFERENCES staff(id), created_at BIGINT NOT NULL, done_at BIGINT,
    CHECK (kind = 'fall' OR state <> 'done' OR (guardian_id IS NOT NULL AND admin_id IS NOT NULL)),
    CHECK (guardian_id IS NULL OR admin_id IS NULL OR guardian_id <> admin_id)
);
CREATE INDEX employee_step_employee ON employee_step(employee_id, id);
CREATE TABLE employee_verdict (          -- what who guards it said of one answer
    id INTEGER PRIMARY KEY, employee_id INTEGER NOT NULL REFERENCES employee(id),
    exchange_id INTEGER NOT NULL REFERENCES exchange(id), staff_id INTEGER NOT NULL REFERENCES staff(id),
    agrees INTEGER NOT NULL, created_at BIGINT NOT NULL, UNIQUE (exchange_id, staff_id)
);
CREATE INDEX employee_verdict_employee ON employee_verdict(employee_id, created_at);
