-- What needs a second person, what for, and departments as a tree.

-- 双人控制: asked by one, decided by another, carried out once by the first. emergency: by whoever
-- sits at the machine, who needs nobody and is in the trail. done: a role was changed by it.
CREATE TABLE approval (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, object TEXT NOT NULL, detail TEXT NOT NULL,
    reason TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting'
        CHECK (state IN ('waiting', 'confirmed', 'refused', 'used', 'done', 'emergency')),
    asked_by INTEGER REFERENCES staff(id), asked_at BIGINT NOT NULL, expires_at BIGINT NOT NULL,
    decided_by INTEGER REFERENCES staff(id), decided_at BIGINT NOT NULL DEFAULT 0,
    used_at BIGINT NOT NULL DEFAULT 0,
    CHECK (decided_by IS NULL OR asked_by IS NULL OR decided_by <> asked_by),
    CHECK (state NOT IN ('confirmed', 'used') OR decided_by IS NOT NULL)
);
CREATE INDEX approval_state ON approval(state, expires_at);

-- While 双人控制 is in force no role changes without one, whatever the way: page, command, by hand.
CREATE TRIGGER staff_role_dual BEFORE UPDATE OF role, department_id ON staff
WHEN (NEW.role <> OLD.role OR NEW.department_id <> OLD.department_id)
    AND NOT EXISTS (SELECT 1 FROM setting WHERE name = 'access.rules' AND value LIKE '%"dual":false%')
    AND NOT EXISTS (SELECT 1 FROM approval WHERE kind = 'user.role' AND object = OLD.login
        AND detail = NEW.role || '/' || NEW.department_id AND state IN ('used', 'emergency'))
BEGIN SELECT RAISE(ABORT, 'a role changes only with a second person'); END;
CREATE TRIGGER staff_role_done AFTER UPDATE OF role, department_id ON staff
BEGIN UPDATE approval SET state = 'done' WHERE kind = 'user.role' AND object = OLD.login
    AND state IN ('used', 'emergency'); END;

-- 用途: what sensitive things are read for. note is in people's own words and never in the trail.
CREATE TABLE purpose (
    id INTEGER PRIMARY KEY, staff_id INTEGER NOT NULL REFERENCES staff(id), session_id BIGINT NOT NULL,
    kind TEXT NOT NULL, note TEXT NOT NULL, at BIGINT NOT NULL, until BIGINT NOT NULL
);
CREATE INDEX purpose_session ON purpose(session_id, until);

-- 部门树: '' at the top. department_under holds each department with itself and all below it.
ALTER TABLE department ADD COLUMN parent TEXT NOT NULL DEFAULT '';
CREATE VIEW department_under(root, id) AS
    WITH RECURSIVE below(root, id, depth) AS (
        SELECT id, id, 0 FROM department
        UNION SELECT b.root, d.id, b.depth + 1 FROM below b JOIN department d ON d.parent = b.id
            WHERE b.depth < 16)
    SELECT DISTINCT root, id FROM below;
