-- +goose Up
-- What the buyer has added to the package, as it was then: JSON. orders.price is that of one with its extras.
ALTER TABLE orders ADD COLUMN extras TEXT NOT NULL DEFAULT '[]';

-- +goose Down
ALTER TABLE orders DROP COLUMN extras;
