ALTER TABLE exchange ADD COLUMN cost BIGINT NOT NULL DEFAULT 0; -- millionths of a yuan
