-- +goose Up
-- What buyers ask often, with the seller's answers: JSON, shown whole.
ALTER TABLE gigs ADD COLUMN faq TEXT NOT NULL DEFAULT '[]';

-- The tags of the published gigs, in small letters, to find gigs of a category that are alike.
CREATE TABLE gig_tags (
    category  TEXT NOT NULL,
    tag       TEXT NOT NULL,
    num       BIGINT NOT NULL REFERENCES gigs (num),
    PRIMARY KEY (category, tag, num)
);
CREATE INDEX gig_tags_num ON gig_tags (num);
{{if .Postgres}}
INSERT INTO gig_tags (category, tag, num) SELECT DISTINCT g.category, lower(t.tag), g.num
    FROM gigs g CROSS JOIN LATERAL json_array_elements_text(CAST(g.tags AS JSON)) AS t (tag) WHERE g.status = 'active';
{{else}}
INSERT INTO gig_tags (category, tag, num) SELECT DISTINCT g.category, lower(t.value), g.num
    FROM gigs AS g, json_each(g.tags) AS t WHERE g.status = 'active';
{{end}}
-- The best of a category, found in the index alone.
CREATE INDEX gigs_best_of_category ON gigs (category, merit, num, seller_id) WHERE status = 'active';

-- +goose Down
DROP INDEX gigs_best_of_category;
DROP TABLE gig_tags;
ALTER TABLE gigs DROP COLUMN faq;
