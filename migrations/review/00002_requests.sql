-- +goose Up
-- The first answer to each request that came with an idempotency key (platform/once).
CREATE TABLE requests (
    user_id    TEXT NOT NULL,
    command    TEXT NOT NULL,
    key        TEXT NOT NULL,
    hash       TEXT NOT NULL, -- SHA-256 of the request
    answer     TEXT NOT NULL, -- JSON
    created_at {{.Time}} NOT NULL,
    PRIMARY KEY (user_id, command, key)
);
CREATE INDEX requests_created ON requests (created_at);

-- +goose Down
DROP TABLE requests;
