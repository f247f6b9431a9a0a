-- +goose Up
-- How many orders of a buyer wait for their payment is limited, and counted at every order.
CREATE INDEX orders_unpaid ON orders (buyer_id) WHERE status = 'pending_payment';

-- +goose Down
DROP INDEX orders_unpaid;
