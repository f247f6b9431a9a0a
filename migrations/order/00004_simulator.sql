-- +goose Up
-- The books of the payment simulator, which plays a provider: nothing else reads or writes these tables.
CREATE TABLE simulator_payments (
    id          TEXT PRIMARY KEY, -- the marketplace's payment
    status      TEXT NOT NULL CHECK (status IN ('succeeded', 'declined')),
    amount      BIGINT NOT NULL,
    currency    TEXT NOT NULL,
    message     TEXT NOT NULL,
    attempt     INTEGER NOT NULL,
    decided_at  {{.Time}} NOT NULL
);

CREATE TABLE simulator_refunds (
    id         TEXT PRIMARY KEY, -- the marketplace's refund
    payment_id TEXT NOT NULL REFERENCES simulator_payments (id),
    amount     BIGINT NOT NULL,
    currency   TEXT NOT NULL,
    created_at {{.Time}} NOT NULL
);
CREATE INDEX simulator_refunds_payment ON simulator_refunds (payment_id);

-- Webhooks that are still to be delivered, and those that were.
CREATE TABLE simulator_webhooks (
    id           TEXT PRIMARY KEY,
    payment_id   TEXT NOT NULL,
    body         TEXT NOT NULL,
    attempts     INTEGER NOT NULL,
    due_at       {{.Time}}, -- null: delivered, or given up
    created_at   {{.Time}} NOT NULL,
    delivered_at {{.Time}}
);
CREATE INDEX simulator_webhooks_due ON simulator_webhooks (due_at);

-- +goose Down
DROP TABLE simulator_webhooks;
DROP TABLE simulator_refunds;
DROP TABLE simulator_payments;
