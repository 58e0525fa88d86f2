-- Where the program may connect to outside the city's own network (store/egress_row.h): empty at first.
CREATE TABLE egress (
    id INTEGER PRIMARY KEY, host TEXT NOT NULL, port INTEGER NOT NULL, purpose TEXT NOT NULL,
    owner TEXT NOT NULL,                 -- who answers for it
    abroad INTEGER NOT NULL DEFAULT 0,   -- 1: beyond the border; needs a second person
    expires_at BIGINT NOT NULL, made_by TEXT NOT NULL, made_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL DEFAULT 0, ended_by TEXT NOT NULL DEFAULT '',
    CHECK (expires_at > made_at), CHECK (port BETWEEN 1 AND 65535), CHECK (owner <> '')
);
-- While 双人控制 is in force nothing leads abroad without one, whatever the way.
CREATE TRIGGER egress_dual BEFORE INSERT ON egress
WHEN NEW.abroad = 1
    AND NOT EXISTS (SELECT 1 FROM setting WHERE name = 'access.rules' AND value LIKE '%"dual":false%')
    AND NOT EXISTS (SELECT 1 FROM approval WHERE kind = 'egress.abroad'
        AND object = NEW.host || ':' || NEW.port AND state IN ('used', 'emergency'))
BEGIN SELECT RAISE(ABORT, 'what leads abroad needs a second person'); END;
CREATE TRIGGER egress_done AFTER INSERT ON egress WHEN NEW.abroad = 1
BEGIN UPDATE approval SET state = 'done' WHERE kind = 'egress.abroad'
    AND object = NEW.host || ':' || NEW.port AND state IN ('used', 'emergency'); END;
-- Nothing of an entry changes but that it ends.
CREATE TRIGGER egress_keep BEFORE UPDATE OF host, port, purpose, owner, abroad, expires_at, made_by, made_at ON egress
BEGIN SELECT RAISE(ABORT, 'an entry is ended and made anew'); END;
