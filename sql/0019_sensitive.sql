-- 敏感文件 (document.classification 'sensitive', beside 'public' and 'internal'): seen by its department and
-- those above, who say what for; never among the evidence of an answer, never published as it is.
CREATE TRIGGER document_class_new BEFORE INSERT ON document
    WHEN NEW.classification NOT IN ('public', 'internal', 'sensitive')
        OR (NEW.classification = 'sensitive' AND coalesce(NEW.department_id, '') = '')
    BEGIN SELECT RAISE(ABORT, '文件的密级只有公开、内部和敏感；敏感文件要有归属部门'); END;
CREATE TRIGGER document_class BEFORE UPDATE OF classification, department_id ON document
    WHEN NEW.classification NOT IN ('public', 'internal', 'sensitive')
        OR (NEW.classification = 'sensitive' AND coalesce(NEW.department_id, '') = '')
        OR (NEW.classification = 'public' AND OLD.classification = 'sensitive')
    BEGIN SELECT RAISE(ABORT, '敏感文件不能直接公开：先由本部门改为内部'); END;
