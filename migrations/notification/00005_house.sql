-- +goose Up
-- Whether the marketplace is closed: one row. revision grows with every change of a text.
CREATE TABLE house (
    id         INTEGER PRIMARY KEY,
    note       TEXT NOT NULL DEFAULT '',
    closed_at  {{.Time}},
    until      {{.Time}},
    revision   BIGINT NOT NULL DEFAULT 0
);
INSERT INTO house (id) VALUES (1);

-- The texts that operators have written in the place of the marketplace's own.
CREATE TABLE pages (
    name        TEXT NOT NULL,
    language    TEXT NOT NULL,
    text        TEXT NOT NULL,
    version     INTEGER NOT NULL,
    changed_at  {{.Time}} NOT NULL,
    changed_by  TEXT NOT NULL,
    PRIMARY KEY (name, language)
);

-- +goose Down
DROP TABLE pages;
DROP TABLE house;
