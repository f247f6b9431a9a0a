-- +goose Up
-- In which language the owner is written to (BCP 47); empty: they have not said.
ALTER TABLE accounts ADD COLUMN language TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE accounts DROP COLUMN language;
