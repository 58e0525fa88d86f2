-- Sign-ins by a single sign-on that are under way: what was sent with the browser, until it comes back.
CREATE TABLE sign_in_try (
    state_hash TEXT PRIMARY KEY,         -- SM3 of state
    browser_hash TEXT NOT NULL,          -- SM3 of the cookie that the same browser must bring back
    nonce TEXT NOT NULL, verifier TEXT NOT NULL, expires_at BIGINT NOT NULL
);
