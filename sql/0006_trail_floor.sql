-- Where archived rows of the trail ended (store/audit_floor.h); one row at most.
CREATE TABLE audit_floor (
    id INTEGER PRIMARY KEY CHECK (id = 1), last BIGINT NOT NULL, hash TEXT NOT NULL,
    signature TEXT NOT NULL, at BIGINT NOT NULL
);
CREATE INDEX audit_actor ON audit(actor, at);
