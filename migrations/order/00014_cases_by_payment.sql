-- +goose Up
-- A chargeback is about one payment: an order's own, a higher price, or a tip. What it freezes of money in the clearing period is
-- taken from the earning at once, so that several cases about one order do not know of each other.
ALTER TABLE chargebacks ADD COLUMN contested BIGINT NOT NULL DEFAULT 0; -- frozen before, by a dispute about the completed order
UPDATE earnings SET taken = amount, frozen_by = '', cleared_at = (SELECT o.cleared_at FROM orders o WHERE o.id = order_id) WHERE frozen_by LIKE 'cb:%';

-- +goose Down
ALTER TABLE chargebacks DROP COLUMN contested;
