-- What an employee does where a question holds personal data (domain/personal.h): mask, refuse, or allow
-- with a reason.
ALTER TABLE employee ADD COLUMN personal TEXT NOT NULL DEFAULT 'mask';
ALTER TABLE employee ADD COLUMN personal_reason TEXT NOT NULL DEFAULT '';
