-- +goose Up
-- What people have written so far who are becoming sellers, step by step; it goes when they are.
CREATE TABLE seller_drafts (
    user_id      TEXT PRIMARY KEY,
    headline     TEXT NOT NULL DEFAULT '',
    description  TEXT NOT NULL DEFAULT '',
    skills       TEXT NOT NULL DEFAULT '[]',
    languages    TEXT NOT NULL DEFAULT '[]',
    country      TEXT NOT NULL DEFAULT '',
    kept_at      {{.Time}} NOT NULL
);

-- +goose Down
DROP TABLE seller_drafts;
