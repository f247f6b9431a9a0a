-- +goose Up
-- In which language people are written to (BCP 47), and since when they have said so.
ALTER TABLE recipients ADD COLUMN language TEXT NOT NULL DEFAULT '';
ALTER TABLE recipients ADD COLUMN language_at {{.Time}};

-- +goose Down
ALTER TABLE recipients DROP COLUMN language_at;
ALTER TABLE recipients DROP COLUMN language;
