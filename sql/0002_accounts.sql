-- Failed sign-ins, counted per login (whether it exists or not, so that nothing is given away) and
-- per address. who is the SM3 of the login, or the address. stranger: failures with logins that do not
-- exist, per address.
CREATE TABLE sign_in_failure (
    kind TEXT NOT NULL, who TEXT NOT NULL, -- kind: login, address, stranger
    failures INTEGER NOT NULL, since BIGINT NOT NULL, locked_until BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (kind, who)
);

-- Departments in the order of the city's own list.
ALTER TABLE department ADD COLUMN place INTEGER NOT NULL DEFAULT 0;
