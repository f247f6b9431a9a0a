-- +goose Up
-- What buyers may add to a package for more money: JSON, shown whole.
ALTER TABLE gigs ADD COLUMN extras TEXT NOT NULL DEFAULT '[]';

-- +goose Down
ALTER TABLE gigs DROP COLUMN extras;
