-- +goose Up
-- The key that signs quotes, made by the first process that needs it and read by all.
CREATE TABLE quote_keys (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    secret     {{.Bytes}} NOT NULL,
    created_at {{.Time}} NOT NULL
);

-- +goose Down
DROP TABLE quote_keys;
