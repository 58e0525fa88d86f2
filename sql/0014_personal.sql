-- 个人信息请求 (个人信息保护法 第四十五至四十七条: 查询、更正、删除). subject: sealed as
-- personal_request.subject/<receipt>, gone once an erasure was carried out. found and result hold
-- places and counts, never content.
CREATE TABLE personal_request (
    id INTEGER PRIMARY KEY, receipt TEXT NOT NULL UNIQUE, -- P20261122-00001
    kind TEXT NOT NULL CHECK (kind IN ('find', 'correct', 'erase')),
    way TEXT NOT NULL CHECK (way IN ('value', 'receipt')), subject BLOB, note TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'found' CHECK (state IN ('found', 'carried')),
    found TEXT NOT NULL DEFAULT '[]', result TEXT NOT NULL DEFAULT '{}',
    staff_id INTEGER NOT NULL REFERENCES staff(id), created_at BIGINT NOT NULL,
    carried_by INTEGER REFERENCES staff(id), carried_at BIGINT NOT NULL DEFAULT 0
);
