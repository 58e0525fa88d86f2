-- 双岗制 holds for what an order is answered with, too. A reply is a draft of kind 'answer' whose
-- noun is an order: subject_id is work_order.id. (The list of kinds in `draft` cannot be widened
-- without taking the table apart under its own triggers.)
ALTER TABLE draft ADD COLUMN noun TEXT NOT NULL DEFAULT '' CHECK (noun IN ('', 'order'));
DROP INDEX draft_open;
CREATE UNIQUE INDEX draft_open ON draft(kind, noun, subject_id)
    WHERE state IN ('drafted', 'waiting', 'returned', 'signed');
DROP INDEX draft_subject;
CREATE INDEX draft_subject ON draft(kind, noun, subject_id);

CREATE TRIGGER draft_noun_same BEFORE UPDATE OF noun ON draft
    BEGIN SELECT RAISE(ABORT, '双岗制：稿件的作者和来历不能改'); END;
CREATE TRIGGER draft_noun_born BEFORE INSERT ON draft WHEN NEW.noun <> '' AND NEW.kind <> 'answer'
    BEGIN SELECT RAISE(ABORT, '双岗制：稿件的种类不对'); END;

-- The signature of an order's reply is none of an exchange with the same number.
DROP TRIGGER exchange_signed;
CREATE TRIGGER exchange_signed BEFORE UPDATE OF outcome, answer ON exchange
    WHEN ((OLD.outcome = 'waiting' AND NEW.outcome NOT IN ('waiting', 'returned'))
            OR (NEW.outcome = 'signed' AND OLD.outcome <> 'signed')
            OR (OLD.outcome = 'waiting' AND NEW.answer <> ''))
        AND NOT EXISTS (SELECT 1 FROM draft d JOIN signature g ON g.draft_id = d.id
            AND g.revision = d.revision WHERE d.kind = 'answer' AND d.noun = ''
            AND d.subject_id = OLD.id AND d.state = 'signed')
    BEGIN SELECT RAISE(ABORT, '双岗制：回答没有签发，不能给出'); END;

-- ---- 工单的答复 ----
-- What an earlier system answered comes in with its file, and the sample city with its own history
-- (source_key sample-…, which no form can carry); everything else is answered here.
CREATE TRIGGER work_order_born BEFORE INSERT ON work_order
    WHEN NEW.source <> 'import' AND (NEW.reply <> '' OR NEW.state <> 'intake')
    BEGIN SELECT RAISE(ABORT, '双岗制：工单从受理开始'); END;
CREATE TRIGGER work_order_signed BEFORE UPDATE OF state, reply ON work_order
    WHEN ((NEW.state = 'answered' AND OLD.state <> 'answered')
            OR (NEW.reply <> OLD.reply AND NEW.reply <> ''))
        AND coalesce(OLD.source_key, '') NOT LIKE 'sample-%'
        AND NOT EXISTS (SELECT 1 FROM draft d JOIN signature g ON g.draft_id = d.id
            AND g.revision = d.revision WHERE d.kind = 'answer' AND d.noun = 'order'
            AND d.subject_id = OLD.id AND d.state = 'signed')
    BEGIN SELECT RAISE(ABORT, '双岗制：答复没有签发，不能给出'); END;
CREATE TRIGGER work_order_came_from BEFORE UPDATE OF source, source_key ON work_order
    BEGIN SELECT RAISE(ABORT, '双岗制：工单的来源不能改'); END;
