-- +goose Up
-- The shelves: two levels. position is the order to show over all of them, a shelf before what is on it.
CREATE TABLE categories (
    slug      TEXT PRIMARY KEY,
    name      TEXT NOT NULL,
    parent    TEXT NOT NULL DEFAULT '',
    blurb     TEXT NOT NULL,
    position  INTEGER NOT NULL
);
CREATE INDEX categories_parent ON categories (parent);

-- What is counted, filtered and sorted stands before the long texts, so that it is read without them. Lists that are
-- always shown whole are JSON. num is the gig's number in the search index; it grows, so it also breaks ties. What a cursor
-- is compared with is BIGINT: a client may make one up.
CREATE TABLE gigs (
    num                {{.ID}},
    id                 TEXT NOT NULL UNIQUE,
    seller_id          TEXT NOT NULL,
    status             TEXT NOT NULL CHECK (status IN ('draft', 'active', 'paused', 'deleted')),
    category           TEXT NOT NULL REFERENCES categories (slug),
    from_minor         BIGINT NOT NULL CHECK (from_minor > 0),
    currency           TEXT NOT NULL,
    fastest_days       INTEGER NOT NULL CHECK (fastest_days > 0),
    rating_hundredths  BIGINT NOT NULL DEFAULT 0,
    rating_count       BIGINT NOT NULL DEFAULT 0,
    sales              BIGINT NOT NULL DEFAULT 0,
    -- How good a gig is among those that match a search equally well: its rating as if five reviews of 4.00 stars came
    -- on top (one review proves little), and a hundredth of a star for each of the first hundred sales.
    merit              BIGINT NOT NULL GENERATED ALWAYS AS (
        (rating_hundredths * rating_count + 2000) / (rating_count + 5) + CASE WHEN sales < 100 THEN sales ELSE 100 END
    ) STORED,
    version            INTEGER NOT NULL,
    created_at         {{.Time}} NOT NULL,
    updated_at         {{.Time}} NOT NULL,
    published_at       {{.Time}},
    seller_username    TEXT NOT NULL,
    slug               TEXT NOT NULL,
    title              TEXT NOT NULL,
    tags               TEXT NOT NULL,
    pictures           TEXT NOT NULL,
    packages           TEXT NOT NULL,
    requirements       TEXT NOT NULL,
    description        TEXT NOT NULL
);
CREATE INDEX gigs_seller ON gigs (seller_id, num);
-- One index a sort, with what is filtered behind its key, and one for the shelves with all of that: a page is found in an
-- index alone.
CREATE INDEX gigs_merit ON gigs (merit, num, category, from_minor, fastest_days, seller_id) WHERE status = 'active';
CREATE INDEX gigs_newest ON gigs (published_at, num, category, from_minor, fastest_days, seller_id) WHERE status = 'active';
CREATE INDEX gigs_best_selling ON gigs (sales, num, category, from_minor, fastest_days, seller_id) WHERE status = 'active';
CREATE INDEX gigs_rating ON gigs (rating_hundredths, rating_count, num, category, from_minor, fastest_days, seller_id) WHERE status = 'active';
CREATE INDEX gigs_price ON gigs (from_minor, num, category, fastest_days, seller_id) WHERE status = 'active';
CREATE INDEX gigs_category ON gigs (category, from_minor, fastest_days, seller_id, num, merit, published_at, sales,
    rating_hundredths, rating_count) WHERE status = 'active';

-- The search index has the published gigs only. The program cuts texts into words itself (words.go), so that both
-- databases find the same: in the title (weight A), in tags, category and seller (B), in the description (C).
{{if .Postgres}}
CREATE TABLE gig_search (
    rowid     BIGINT PRIMARY KEY REFERENCES gigs (num),
    document  TSVECTOR NOT NULL
);
CREATE INDEX gig_search_document ON gig_search USING GIN (document);
{{else}}
CREATE VIRTUAL TABLE gig_search USING fts5(
    title, labels, description,
    content='', contentless_delete=1, detail=column, tokenize='ascii', prefix='1 2 3'
);
{{end}}
-- +goose Down
DROP TABLE gig_search;
DROP TABLE gigs;
DROP TABLE categories;
