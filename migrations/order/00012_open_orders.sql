-- +goose Up
-- The orders that are not over are counted for the metrics, however many are.
CREATE INDEX orders_open ON orders (status, currency) WHERE status NOT IN ('completed', 'cancelled', 'expired');

-- +goose Down
DROP INDEX orders_open;
