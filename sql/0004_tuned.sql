-- The order of search that was learned from confirmed answers (tongban tune): the newest row in
-- state 'kept' is in force; older ones stay as a record, without what they had learned.
CREATE TABLE tuned (
    id INTEGER PRIMARY KEY, state TEXT NOT NULL DEFAULT 'kept', -- kept, undone, replaced
    scale INTEGER NOT NULL,              -- of the features (knowledge/rank.h); another one is ignored
    model TEXT NOT NULL DEFAULT '',      -- whose vectors the questions have; '' by words alone
    ranker TEXT NOT NULL,                -- JSON
    measured TEXT NOT NULL DEFAULT '{}', -- JSON: before and after, by folds
    made_at BIGINT NOT NULL
);
CREATE TABLE tuned_question (            -- what it remembers; personal data are tokens, as in exchange
    id INTEGER PRIMARY KEY, tuned_id INTEGER NOT NULL REFERENCES tuned(id), text TEXT NOT NULL,
    places TEXT NOT NULL,                -- JSON: policy, chapter, clause of all that answer
    vector BLOB                          -- int8[512] + float scale
);
CREATE INDEX tuned_question_tuned ON tuned_question(tuned_id);
