-- Imported lists of forbidden words (store/word_list.h). A row is a version of the list of that name and is never
-- changed; the newest is in use, one without words takes the list out of use.
CREATE TABLE word_list (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, version BIGINT NOT NULL, kind TEXT NOT NULL,
    way TEXT NOT NULL,                   -- in, out, both
    sound INTEGER NOT NULL DEFAULT 0,    -- 1: also what sounds the same
    words TEXT NOT NULL,                 -- a word a line
    left_out TEXT NOT NULL,              -- words of the file that stand in ordinary text, not in use
    why TEXT NOT NULL,                   -- import, undo, drop
    made_by TEXT NOT NULL, made_at BIGINT NOT NULL,
    UNIQUE (name, version)
);
