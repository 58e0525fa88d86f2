-- 双岗制: what becomes public has been signed by a named person with the right who is not its author.
-- The database holds this by itself, whoever writes: a page, an interface, a command, an import, or a
-- hand with a SQL prompt. What the triggers cannot see (that the signed text is the text that stands
-- there) is compared when it is signed: store/draft.h.

-- The states of a draft and what may follow what (domain/draft.h holds the same table).
CREATE TABLE draft_step (before TEXT NOT NULL, after TEXT NOT NULL, PRIMARY KEY (before, after));
INSERT INTO draft_step(before, after) VALUES ('drafted', 'waiting'), ('drafted', 'withdrawn'),
    ('waiting', 'signed'), ('waiting', 'returned'), ('waiting', 'withdrawn'),
    ('returned', 'waiting'), ('returned', 'withdrawn'),
    ('signed', 'public'), ('public', 'withdrawn');
-- Who may sign at all (domain/actor.h: PERM_SIGN).
CREATE TABLE signing_role (role TEXT PRIMARY KEY);
INSERT INTO signing_role(role) VALUES ('guardian'), ('department_admin');

CREATE TABLE draft (
    id INTEGER PRIMARY KEY, receipt TEXT NOT NULL UNIQUE, -- S20261122-00001
    kind TEXT NOT NULL CHECK (kind IN ('answer', 'standard', 'policy')),
    subject_id BIGINT NOT NULL,          -- exchange, standard_answer or version
    title TEXT NOT NULL,                 -- the question or the document's title, masked
    body TEXT NOT NULL,                  -- JSON: exactly what is to be public
    digest TEXT NOT NULL,                -- SM3 of body
    revision INTEGER NOT NULL DEFAULT 1,
    author_kind TEXT NOT NULL CHECK (author_kind IN ('person', 'machine', 'import')),
    author_id INTEGER REFERENCES staff(id), author_name TEXT NOT NULL,
    employee TEXT NOT NULL DEFAULT '',   -- the digital employee that wrote it
    department_id TEXT NOT NULL DEFAULT '',
    reviewer_id INTEGER REFERENCES staff(id), -- in whose queue it lies; NULL: the department's
    taken_by INTEGER REFERENCES staff(id), taken_at BIGINT NOT NULL DEFAULT 0, -- who has it open
    risk INTEGER NOT NULL DEFAULT 0 CHECK (risk BETWEEN 0 AND 100),
    why TEXT NOT NULL DEFAULT '',        -- why a signature is needed, for people
    state TEXT NOT NULL DEFAULT 'drafted'
        CHECK (state IN ('drafted', 'waiting', 'signed', 'returned', 'withdrawn', 'public')),
    note TEXT NOT NULL DEFAULT '',       -- why it was returned or withdrawn
    due_at BIGINT NOT NULL DEFAULT 0, escalated INTEGER NOT NULL DEFAULT 0, -- how often it was passed on
    created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL,
    CHECK ((author_kind = 'person') = (author_id IS NOT NULL))
);
CREATE UNIQUE INDEX draft_open ON draft(kind, subject_id)
    WHERE state IN ('drafted', 'waiting', 'returned', 'signed');
CREATE INDEX draft_state ON draft(state, due_at);
CREATE INDEX draft_subject ON draft(kind, subject_id);
CREATE INDEX draft_digest ON draft(digest, state);

-- 留痕: every change between drafting and signing. authored: the change is so large, or touches a
-- number, a date or a name, that its maker counts as an author and cannot sign.
CREATE TABLE draft_edit (
    id INTEGER PRIMARY KEY, draft_id INTEGER NOT NULL REFERENCES draft(id), revision INTEGER NOT NULL,
    editor_id INTEGER NOT NULL REFERENCES staff(id), authored INTEGER NOT NULL CHECK (authored IN (0, 1)),
    before TEXT NOT NULL, after TEXT NOT NULL, at BIGINT NOT NULL
);
CREATE INDEX draft_edit_draft ON draft_edit(draft_id);

-- way: desk (signed in), import (named in a set-up file), owner (the machine's owner at the very
-- first set-up, for policies that their issuing bodies have published), before (public already when
-- this rule came).
CREATE TABLE signature (
    id INTEGER PRIMARY KEY, draft_id INTEGER NOT NULL REFERENCES draft(id), revision INTEGER NOT NULL,
    digest TEXT NOT NULL, signer_id INTEGER REFERENCES staff(id), signer_name TEXT NOT NULL,
    way TEXT NOT NULL CHECK (way IN ('desk', 'import', 'owner', 'before')), at BIGINT NOT NULL,
    UNIQUE (draft_id, revision), CHECK (signer_name <> ''),
    CHECK (signer_id IS NOT NULL OR way IN ('owner', 'before'))
);

-- 抽查: answers that needed no signature, looked at afterwards; the riskier, the more of them.
CREATE TABLE spot_check (
    id INTEGER PRIMARY KEY, exchange_id INTEGER NOT NULL UNIQUE REFERENCES exchange(id),
    department_id TEXT NOT NULL DEFAULT '', risk INTEGER NOT NULL, why TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'right', 'wrong')),
    checked_by INTEGER REFERENCES staff(id), checked_at BIGINT NOT NULL DEFAULT 0,
    note TEXT NOT NULL DEFAULT '', created_at BIGINT NOT NULL
);
CREATE INDEX spot_check_state ON spot_check(state, created_at);

ALTER TABLE standard_answer ADD COLUMN replaces INTEGER REFERENCES standard_answer(id);

-- What was public before this rule stays so, and says so.
INSERT INTO draft(receipt, kind, subject_id, title, body, digest, author_kind, author_name,
        department_id, why, state, created_at, updated_at)
    SELECT 'S00000000-' || substr('00000' || s.id, -5), 'standard', s.id,
        coalesce((SELECT q.text FROM standard_question q WHERE q.standard_answer_id = s.id
            ORDER BY q.id LIMIT 1), ''),
        '{}', '', 'import', '规则施行前', coalesce(s.department_id, ''), '双岗制施行前已公开', 'public',
        s.updated_at, s.updated_at
    FROM standard_answer s WHERE s.state = 'approved';
INSERT INTO draft(receipt, kind, subject_id, title, body, digest, author_kind, author_name,
        department_id, why, state, created_at, updated_at)
    SELECT 'S00000001-' || substr('00000' || v.id, -5), 'policy', v.id, v.title, '{}', '', 'import',
        '规则施行前', coalesce(d.department_id, ''), '双岗制施行前已公开', 'public', v.created_at,
        v.created_at
    FROM version v JOIN document d ON d.id = v.document_id
    WHERE v.state = 'confirmed' AND d.classification = 'public';
INSERT INTO signature(draft_id, revision, digest, signer_id, signer_name, way, at)
    SELECT d.id, 1, '', s.approved_by, coalesce(a.name, '（未记录）'), 'before', s.approved_at
    FROM draft d JOIN standard_answer s ON s.id = d.subject_id
    LEFT JOIN staff a ON a.id = s.approved_by WHERE d.kind = 'standard';
INSERT INTO signature(draft_id, revision, digest, signer_id, signer_name, way, at)
    SELECT d.id, 1, '', v.confirmed_by, coalesce(a.name, '（未记录）'), 'before',
        coalesce(v.confirmed_at, v.created_at)
    FROM draft d JOIN version v ON v.id = d.subject_id
    LEFT JOIN staff a ON a.id = v.confirmed_by WHERE d.kind = 'policy';
-- What waits already goes into the queue when the program next looks (store/draft.h, draft_adopt).

-- ---- the rules themselves ----
CREATE TRIGGER draft_step_fixed_insert BEFORE INSERT ON draft_step
    BEGIN SELECT RAISE(ABORT, '双岗制：状态表不能改'); END;
CREATE TRIGGER draft_step_fixed_update BEFORE UPDATE ON draft_step
    BEGIN SELECT RAISE(ABORT, '双岗制：状态表不能改'); END;
CREATE TRIGGER draft_step_fixed_delete BEFORE DELETE ON draft_step
    BEGIN SELECT RAISE(ABORT, '双岗制：状态表不能改'); END;
CREATE TRIGGER signing_role_fixed_insert BEFORE INSERT ON signing_role
    BEGIN SELECT RAISE(ABORT, '双岗制：签发角色表不能改'); END;
CREATE TRIGGER signing_role_fixed_update BEFORE UPDATE ON signing_role
    BEGIN SELECT RAISE(ABORT, '双岗制：签发角色表不能改'); END;
CREATE TRIGGER signing_role_fixed_delete BEFORE DELETE ON signing_role
    BEGIN SELECT RAISE(ABORT, '双岗制：签发角色表不能改'); END;

-- ---- drafts ----
-- A trigger of deletion does not see what INSERT OR REPLACE takes away: it is refused where it begins.
CREATE TRIGGER draft_born BEFORE INSERT ON draft WHEN NEW.state NOT IN ('drafted', 'waiting')
        OR EXISTS (SELECT 1 FROM draft WHERE id = NEW.id OR receipt = NEW.receipt)
    BEGIN SELECT RAISE(ABORT, '双岗制：稿件只能从起草或待签发开始'); END;
CREATE TRIGGER draft_goes_by_step BEFORE UPDATE OF state ON draft
    WHEN NEW.state <> OLD.state AND NOT EXISTS
        (SELECT 1 FROM draft_step WHERE before = OLD.state AND after = NEW.state)
    BEGIN SELECT RAISE(ABORT, '双岗制：稿件不能这样改变状态'); END;
CREATE TRIGGER draft_needs_signature BEFORE UPDATE OF state ON draft
    WHEN NEW.state IN ('signed', 'public') AND NOT EXISTS
        (SELECT 1 FROM signature WHERE draft_id = OLD.id AND revision = NEW.revision
            AND digest = NEW.digest)
    BEGIN SELECT RAISE(ABORT, '双岗制：没有签发，不能公开'); END;
CREATE TRIGGER draft_same BEFORE UPDATE OF id, receipt, kind, subject_id, author_kind, author_id,
    author_name, created_at ON draft
    BEGIN SELECT RAISE(ABORT, '双岗制：稿件的作者和来历不能改'); END;
CREATE TRIGGER draft_frozen BEFORE UPDATE OF title, body, digest, revision, department_id ON draft
    WHEN OLD.state NOT IN ('drafted', 'waiting', 'returned')
    BEGIN SELECT RAISE(ABORT, '双岗制：签发后的稿件不能改'); END;
CREATE TRIGGER draft_edit_is_new BEFORE UPDATE OF body, digest ON draft
    WHEN NEW.revision <= OLD.revision
    BEGIN SELECT RAISE(ABORT, '双岗制：改过的稿件是新的一稿'); END;
CREATE TRIGGER draft_kept BEFORE DELETE ON draft
    BEGIN SELECT RAISE(ABORT, '双岗制：稿件不能删除'); END;
CREATE TRIGGER draft_edit_kept_update BEFORE UPDATE ON draft_edit
    BEGIN SELECT RAISE(ABORT, '双岗制：修改记录不能改'); END;
CREATE TRIGGER draft_edit_kept_delete BEFORE DELETE ON draft_edit
    BEGIN SELECT RAISE(ABORT, '双岗制：修改记录不能删除'); END;

-- ---- signatures ----
CREATE TRIGGER signature_of_draft BEFORE INSERT ON signature
    WHEN NOT EXISTS (SELECT 1 FROM draft WHERE id = NEW.draft_id AND state = 'waiting'
        AND revision = NEW.revision AND digest = NEW.digest)
    BEGIN SELECT RAISE(ABORT, '双岗制：只能签发正在待签的这一稿'); END;
CREATE TRIGGER signature_not_author BEFORE INSERT ON signature
    WHEN EXISTS (SELECT 1 FROM draft WHERE id = NEW.draft_id AND author_id = NEW.signer_id)
        OR EXISTS (SELECT 1 FROM draft_edit WHERE draft_id = NEW.draft_id
            AND editor_id = NEW.signer_id AND authored = 1)
    BEGIN SELECT RAISE(ABORT, '双岗制：作者不能签发自己的稿件'); END;
CREATE TRIGGER signature_right BEFORE INSERT ON signature
    WHEN NEW.signer_id IS NOT NULL AND NOT EXISTS
        (SELECT 1 FROM staff s JOIN signing_role r ON r.role = s.role JOIN draft d
            ON d.id = NEW.draft_id WHERE s.id = NEW.signer_id AND s.disabled = 0
            AND s.name = NEW.signer_name AND (d.reviewer_id = s.id OR d.department_id = ''
            OR d.department_id = s.department_id OR NEW.way = 'import'))
    BEGIN SELECT RAISE(ABORT, '双岗制：这个人没有签发这份稿件的权限'); END;
CREATE TRIGGER signature_owner BEFORE INSERT ON signature
    WHEN NEW.signer_id IS NULL AND (NEW.way <> 'owner'
        OR NOT EXISTS (SELECT 1 FROM draft WHERE id = NEW.draft_id AND kind = 'policy'
            AND author_kind = 'import')
        OR EXISTS (SELECT 1 FROM setting WHERE name = 'setup.at' AND value NOT IN ('', '0')))
    BEGIN SELECT RAISE(ABORT, '双岗制：签发要有签发人'); END;
CREATE TRIGGER signature_way BEFORE INSERT ON signature
    WHEN NEW.way = 'before' OR EXISTS (SELECT 1 FROM signature WHERE id = NEW.id)
        OR (NEW.way IN ('import', 'owner') AND NOT EXISTS
        (SELECT 1 FROM draft WHERE id = NEW.draft_id AND author_kind = 'import'))
    BEGIN SELECT RAISE(ABORT, '双岗制：签发方式与稿件的来历不符'); END;
CREATE TRIGGER signature_kept_update BEFORE UPDATE ON signature
    BEGIN SELECT RAISE(ABORT, '双岗制：签发记录不能改'); END;
CREATE TRIGGER signature_kept_delete BEFORE DELETE ON signature
    BEGIN SELECT RAISE(ABORT, '双岗制：签发记录不能删除'); END;

-- ---- 标准问答 ----
CREATE TRIGGER standard_answer_born BEFORE INSERT ON standard_answer WHEN NEW.state = 'approved'
        OR EXISTS (SELECT 1 FROM standard_answer WHERE id = NEW.id AND state = 'approved')
    BEGIN SELECT RAISE(ABORT, '双岗制：标准问答要先送审'); END;
CREATE TRIGGER standard_answer_signed BEFORE UPDATE OF state ON standard_answer
    WHEN NEW.state = 'approved' AND OLD.state <> 'approved' AND NOT EXISTS
        (SELECT 1 FROM draft d JOIN signature g ON g.draft_id = d.id AND g.revision = d.revision
            WHERE d.kind = 'standard' AND d.subject_id = OLD.id AND d.state = 'signed')
    BEGIN SELECT RAISE(ABORT, '双岗制：标准问答没有签发，不能公开'); END;
CREATE TRIGGER standard_answer_frozen BEFORE UPDATE OF id, answer, department_id, valid_from,
    valid_to, source, handoff_id, approved_by, approved_at ON standard_answer
    WHEN OLD.state = 'approved'
    BEGIN SELECT RAISE(ABORT, '双岗制：公开的标准问答不能改，请另写一稿送审'); END;
CREATE TRIGGER standard_answer_kept BEFORE DELETE ON standard_answer WHEN OLD.state = 'approved'
    BEGIN SELECT RAISE(ABORT, '双岗制：公开的标准问答不能删除，请停用'); END;
CREATE TRIGGER standard_question_insert BEFORE INSERT ON standard_question
    WHEN EXISTS (SELECT 1 FROM standard_answer WHERE (id = NEW.standard_answer_id OR id IN
        (SELECT standard_answer_id FROM standard_question WHERE id = NEW.id)) AND state = 'approved')
    BEGIN SELECT RAISE(ABORT, '双岗制：公开的标准问答不能改，请另写一稿送审'); END;
CREATE TRIGGER standard_question_update BEFORE UPDATE ON standard_question
    WHEN EXISTS (SELECT 1 FROM standard_answer WHERE id IN (OLD.standard_answer_id,
        NEW.standard_answer_id) AND state = 'approved')
    BEGIN SELECT RAISE(ABORT, '双岗制：公开的标准问答不能改，请另写一稿送审'); END;
CREATE TRIGGER standard_question_delete BEFORE DELETE ON standard_question
    WHEN EXISTS (SELECT 1 FROM standard_answer WHERE id = OLD.standard_answer_id AND state = 'approved')
    BEGIN SELECT RAISE(ABORT, '双岗制：公开的标准问答不能改，请另写一稿送审'); END;
CREATE TRIGGER standard_citation_insert BEFORE INSERT ON standard_citation
    WHEN EXISTS (SELECT 1 FROM standard_answer WHERE (id = NEW.standard_answer_id OR id IN
        (SELECT standard_answer_id FROM standard_citation WHERE id = NEW.id)) AND state = 'approved')
    BEGIN SELECT RAISE(ABORT, '双岗制：公开的标准问答不能改，请另写一稿送审'); END;
CREATE TRIGGER standard_citation_update BEFORE UPDATE ON standard_citation
    WHEN EXISTS (SELECT 1 FROM standard_answer WHERE id IN (OLD.standard_answer_id,
        NEW.standard_answer_id) AND state = 'approved')
    BEGIN SELECT RAISE(ABORT, '双岗制：公开的标准问答不能改，请另写一稿送审'); END;
CREATE TRIGGER standard_citation_delete BEFORE DELETE ON standard_citation
    WHEN EXISTS (SELECT 1 FROM standard_answer WHERE id = OLD.standard_answer_id AND state = 'approved')
    BEGIN SELECT RAISE(ABORT, '双岗制：公开的标准问答不能改，请另写一稿送审'); END;

-- ---- 政策文件: what citizens see is a confirmed version of a public document ----
CREATE TRIGGER version_born BEFORE INSERT ON version
    WHEN NEW.state = 'confirmed' AND EXISTS
        (SELECT 1 FROM document WHERE id = NEW.document_id AND classification = 'public')
    BEGIN SELECT RAISE(ABORT, '双岗制：公开的文件要先送审'); END;
CREATE TRIGGER version_signed BEFORE UPDATE OF state, document_id ON version
    WHEN NEW.state = 'confirmed'
        AND (OLD.state <> 'confirmed' OR NEW.document_id <> OLD.document_id)
        AND EXISTS (SELECT 1 FROM document WHERE id = NEW.document_id AND classification = 'public')
        AND NOT EXISTS (SELECT 1 FROM draft d JOIN signature g ON g.draft_id = d.id
            AND g.revision = d.revision WHERE d.kind = 'policy' AND d.subject_id = OLD.id
            AND d.state = 'signed')
    BEGIN SELECT RAISE(ABORT, '双岗制：文件没有签发，不能公开'); END;
CREATE TRIGGER version_frozen BEFORE UPDATE OF id, digest, title, document_number, issuing_body,
    issued_on, effective_from, expires_on, repeals, plain, confirmed_by, confirmed_at ON version
    WHEN OLD.state = 'confirmed'
        AND EXISTS (SELECT 1 FROM document WHERE id = OLD.document_id AND classification = 'public')
        AND NOT EXISTS (SELECT 1 FROM draft d JOIN signature g ON g.draft_id = d.id
            AND g.revision = d.revision WHERE d.kind = 'policy' AND d.subject_id = OLD.id
            AND d.state = 'signed')
    BEGIN SELECT RAISE(ABORT, '双岗制：公开的文件不能改，请把更正送审'); END;
CREATE TRIGGER version_kept BEFORE DELETE ON version
    WHEN OLD.state = 'confirmed'
        AND EXISTS (SELECT 1 FROM document WHERE id = OLD.document_id AND classification = 'public')
    BEGIN SELECT RAISE(ABORT, '双岗制：公开的文件不能删除，请撤回'); END;
CREATE TRIGGER document_opened BEFORE UPDATE OF classification ON document
    WHEN NEW.classification = 'public' AND OLD.classification <> 'public' AND EXISTS
        (SELECT 1 FROM version v WHERE v.document_id = OLD.id AND v.state = 'confirmed'
            AND NOT EXISTS (SELECT 1 FROM draft d JOIN signature g ON g.draft_id = d.id
                AND g.revision = d.revision WHERE d.kind = 'policy' AND d.subject_id = v.id
                AND d.state IN ('signed', 'public')))
    BEGIN SELECT RAISE(ABORT, '双岗制：文件没有签发，不能公开'); END;
CREATE TRIGGER passage_insert BEFORE INSERT ON passage
    WHEN EXISTS (SELECT 1 FROM version v JOIN document d ON d.id = v.document_id
        WHERE (v.id = NEW.version_id OR v.id IN (SELECT version_id FROM passage WHERE id = NEW.id))
            AND v.state = 'confirmed' AND d.classification = 'public')
    BEGIN SELECT RAISE(ABORT, '双岗制：公开的文件不能改，请把更正送审'); END;
CREATE TRIGGER passage_frozen BEFORE UPDATE OF id, version_id, ordinal, kind, clause, heading, text,
    begin_at, end_at ON passage
    WHEN EXISTS (SELECT 1 FROM version v JOIN document d ON d.id = v.document_id
        WHERE v.id IN (OLD.version_id, NEW.version_id) AND v.state = 'confirmed'
        AND d.classification = 'public')
    BEGIN SELECT RAISE(ABORT, '双岗制：公开的文件不能改，请把更正送审'); END;
CREATE TRIGGER passage_kept BEFORE DELETE ON passage
    WHEN EXISTS (SELECT 1 FROM version v JOIN document d ON d.id = v.document_id
        WHERE v.id = OLD.version_id AND v.state = 'confirmed' AND d.classification = 'public')
    BEGIN SELECT RAISE(ABORT, '双岗制：公开的文件不能改，请把更正送审'); END;

-- ---- 待签发的回答: an answer that waits is not given before it is signed ----
CREATE TRIGGER exchange_signed BEFORE UPDATE OF outcome, answer ON exchange
    WHEN ((OLD.outcome = 'waiting' AND NEW.outcome NOT IN ('waiting', 'returned'))
            OR (NEW.outcome = 'signed' AND OLD.outcome <> 'signed')
            OR (OLD.outcome = 'waiting' AND NEW.answer <> ''))
        AND NOT EXISTS (SELECT 1 FROM draft d JOIN signature g ON g.draft_id = d.id
            AND g.revision = d.revision WHERE d.kind = 'answer' AND d.subject_id = OLD.id
            AND d.state = 'signed')
    BEGIN SELECT RAISE(ABORT, '双岗制：回答没有签发，不能给出'); END;
CREATE TRIGGER exchange_frozen BEFORE UPDATE OF outcome, answer, sentences, clauses, done ON exchange
    WHEN OLD.outcome = 'signed' AND (NEW.outcome <> 'signed'
        OR (NEW.answer <> OLD.answer AND NEW.answer <> '')
        OR (NEW.sentences <> OLD.sentences AND NEW.answer <> ''))
    BEGIN SELECT RAISE(ABORT, '双岗制：签发的回答不能改'); END;
