-- What two versions of one policy have in common in their titles (knowledge/label.h,
-- label_title_key), so that a new version finds its document, and a repeal clause what it repeals.
ALTER TABLE version ADD COLUMN title_key TEXT NOT NULL DEFAULT '';
CREATE INDEX version_title_key ON version(title_key);
