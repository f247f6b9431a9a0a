-- +goose Up
-- A payment that the buyer's bank has taken back is not refunded as well. A refund of it waits (it is requested, and has no time to
-- try) until the case has ended; what the bank keeps of it is not sent again.
ALTER TABLE refunds ADD COLUMN covered BIGINT NOT NULL DEFAULT 0;     -- of it, that the buyer has from the bank
ALTER TABLE chargebacks ADD COLUMN covered BIGINT NOT NULL DEFAULT 0; -- of the case, that refunds pay for which were not sent

-- +goose Down
ALTER TABLE chargebacks DROP COLUMN covered;
ALTER TABLE refunds DROP COLUMN covered;
