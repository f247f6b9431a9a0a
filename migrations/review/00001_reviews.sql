-- +goose Up
-- One row for each order that somebody has reviewed. Both sides write it first, so they wait for each other: only one of
-- two reviews that are written at the same moment is the second.
CREATE TABLE windows (
    order_id   TEXT PRIMARY KEY,
    closes_at  {{.Time}} NOT NULL
);

CREATE TABLE reviews (
    num               {{.ID}},
    id                TEXT NOT NULL UNIQUE,
    order_id          TEXT NOT NULL REFERENCES windows (order_id),
    gig_id            TEXT NOT NULL,
    gig_title         TEXT NOT NULL,
    author_id         TEXT NOT NULL,
    author_username   TEXT NOT NULL,
    author_role       TEXT NOT NULL CHECK (author_role IN ('buyer', 'seller')),
    subject_id        TEXT NOT NULL,
    subject_username  TEXT NOT NULL,
    rating            INTEGER NOT NULL CHECK (rating BETWEEN 1 AND 5),
    text              TEXT NOT NULL,
    created_at        {{.Time}} NOT NULL,
    published_at      {{.Time}}
);
CREATE UNIQUE INDEX reviews_once_a_side ON reviews (order_id, author_role);
CREATE INDEX reviews_gig ON reviews (gig_id, published_at, num) WHERE author_role = 'buyer' AND published_at IS NOT NULL;
CREATE INDEX reviews_subject ON reviews (subject_id, published_at, num) WHERE published_at IS NOT NULL;
CREATE INDEX reviews_hidden ON reviews (order_id) WHERE published_at IS NULL;

-- How many public reviews of each rating there are: about a gig and about a seller (written by buyers), about a buyer
-- (written by sellers). It is written with the publication and can be counted again from the reviews.
CREATE TABLE summaries (
    kind     TEXT NOT NULL CHECK (kind IN ('gig', 'seller', 'buyer')),
    id       TEXT NOT NULL,
    stars_1  INTEGER NOT NULL DEFAULT 0,
    stars_2  INTEGER NOT NULL DEFAULT 0,
    stars_3  INTEGER NOT NULL DEFAULT 0,
    stars_4  INTEGER NOT NULL DEFAULT 0,
    stars_5  INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (kind, id)
);

-- +goose Down
DROP TABLE summaries;
DROP TABLE reviews;
DROP TABLE windows;
