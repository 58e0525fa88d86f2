-- Signing in by more than a password.

-- how: password, ldap, oidc, certificate. second: 0 nothing asked, 1 a code is asked for before
-- anything else, 2 it was given.
ALTER TABLE session ADD COLUMN how TEXT NOT NULL DEFAULT 'password';
ALTER TABLE session ADD COLUMN second INTEGER NOT NULL DEFAULT 0;
CREATE INDEX session_ended ON session(revoked, expires_at);

-- 动态口令 (RFC 6238): the secret sealed as staff_totp.secret/<staff_id>
CREATE TABLE staff_totp (
    staff_id INTEGER PRIMARY KEY REFERENCES staff(id), secret BLOB NOT NULL,
    made_at BIGINT NOT NULL, confirmed_at BIGINT NOT NULL DEFAULT 0, -- 0: not yet proven by a code
    last_step BIGINT NOT NULL DEFAULT 0  -- of the newest code that was taken: none is taken twice
);
CREATE TABLE staff_recovery (
    id INTEGER PRIMARY KEY, staff_id INTEGER NOT NULL REFERENCES staff(id),
    code_hash TEXT NOT NULL,             -- SM3 of login, a colon, the code
    used_at BIGINT NOT NULL DEFAULT 0, UNIQUE (staff_id, code_hash)
);
