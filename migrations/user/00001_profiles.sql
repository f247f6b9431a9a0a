-- +goose Up
-- name is the user name in small letters: people write it in any case. What belongs to the seller's part is empty until
-- seller_since is set; its lists are always shown whole and are JSON.
CREATE TABLE profiles (
    id            TEXT PRIMARY KEY,
    name          TEXT NOT NULL UNIQUE,
    username      TEXT NOT NULL,
    display_name  TEXT NOT NULL DEFAULT '',
    bio           TEXT NOT NULL DEFAULT '',
    country       TEXT NOT NULL DEFAULT '',
    avatar_id     TEXT NOT NULL DEFAULT '',
    member_since  {{.Time}} NOT NULL,
    seller_since  {{.Time}},
    headline      TEXT NOT NULL DEFAULT '',
    description   TEXT NOT NULL DEFAULT '',
    skills        TEXT NOT NULL DEFAULT '[]',
    languages     TEXT NOT NULL DEFAULT '[]'
);

-- +goose Down
DROP TABLE profiles;
