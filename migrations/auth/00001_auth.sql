-- +goose Up
-- The _key columns are what is compared: lower case.
CREATE TABLE accounts (
    id            TEXT PRIMARY KEY,
    username      TEXT NOT NULL,
    username_key  TEXT NOT NULL UNIQUE,
    email         TEXT NOT NULL,
    email_key     TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    roles         TEXT NOT NULL DEFAULT '[]',
    verified_at   {{.Time}},
    created_at    {{.Time}} NOT NULL,
    updated_at    {{.Time}} NOT NULL
);

-- The links in mails: only a hash is kept of what they carry.
CREATE TABLE links (
    hash        TEXT PRIMARY KEY,
    account_id  TEXT NOT NULL REFERENCES accounts (id),
    purpose     TEXT NOT NULL,
    created_at  {{.Time}} NOT NULL,
    expires_at  {{.Time}} NOT NULL,
    used_at     {{.Time}}
);
CREATE INDEX links_account ON links (account_id, purpose);
CREATE INDEX links_expires ON links (expires_at);

-- The mails that are still to be handed over. A login that nobody has is written down like any other.
CREATE TABLE owed_mails (
    purpose     TEXT NOT NULL,
    login       TEXT NOT NULL,
    attempts    INTEGER NOT NULL DEFAULT 0,
    due_at      {{.Time}} NOT NULL,
    created_at  {{.Time}} NOT NULL,
    PRIMARY KEY (purpose, login)
);
CREATE INDEX owed_mails_due ON owed_mails (due_at);

-- Tokens are made from seed, counter and the server's secret, and are not kept.
CREATE TABLE sessions (
    id             TEXT PRIMARY KEY,
    account_id     TEXT NOT NULL REFERENCES accounts (id),
    browser        BOOLEAN NOT NULL,
    seed           {{.Bytes}} NOT NULL,
    counter        BIGINT NOT NULL,
    rotated_at     {{.Time}} NOT NULL,
    device         TEXT NOT NULL,
    address        TEXT NOT NULL,
    created_at     {{.Time}} NOT NULL,
    last_active_at {{.Time}} NOT NULL,
    ended_at       {{.Time}}
);
CREATE INDEX sessions_account ON sessions (account_id, created_at);
CREATE INDEX sessions_created ON sessions (created_at);

CREATE TABLE throttles (
    bucket   TEXT PRIMARY KEY,
    count    INTEGER NOT NULL,
    last_at  {{.Time}} NOT NULL
);
CREATE INDEX throttles_last ON throttles (last_at);

-- Private keys are sealed with the server's secret.
CREATE TABLE signing_keys (
    generation  INTEGER PRIMARY KEY,
    kid         TEXT NOT NULL UNIQUE,
    public      {{.Bytes}} NOT NULL,
    sealed      {{.Bytes}} NOT NULL,
    created_at  {{.Time}} NOT NULL
);

-- +goose Down
DROP TABLE signing_keys;
DROP TABLE throttles;
DROP TABLE sessions;
DROP TABLE owed_mails;
DROP TABLE links;
DROP TABLE accounts;
