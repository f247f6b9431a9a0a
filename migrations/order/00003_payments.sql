-- +goose Up
-- How an order is paid. The id is also the provider's idempotency key: it exists before the provider is asked.
CREATE TABLE payments (
    id          TEXT PRIMARY KEY,
    order_id    TEXT NOT NULL UNIQUE REFERENCES orders (id),
    provider    TEXT NOT NULL,
    status      TEXT NOT NULL CHECK (status IN ('pending', 'succeeded', 'declined', 'expired', 'refunding', 'refunded')),
    amount      BIGINT NOT NULL CHECK (amount > 0),
    currency    TEXT NOT NULL,
    charge      TEXT NOT NULL,    -- the provider's id of the captured money
    message     TEXT NOT NULL,    -- why it was declined
    attempt     INTEGER NOT NULL, -- the last attempt at the provider that was acted upon
    check_at    {{.Time}},        -- when to ask the provider next; null: there is nothing to learn
    created_at  {{.Time}} NOT NULL
);
CREATE INDEX payments_check ON payments (check_at);

-- Money on its way back to a buyer. The id is the provider's idempotency key.
CREATE TABLE refunds (
    id         TEXT PRIMARY KEY,
    payment_id TEXT NOT NULL REFERENCES payments (id),
    order_id   TEXT NOT NULL REFERENCES orders (id),
    status     TEXT NOT NULL CHECK (status IN ('requested', 'settled', 'credited')),
    amount     BIGINT NOT NULL CHECK (amount > 0),
    currency   TEXT NOT NULL,
    attempts   INTEGER NOT NULL,
    try_at     {{.Time}}, -- when to ask the provider next; null: it has arrived
    last_error TEXT NOT NULL,
    created_at {{.Time}} NOT NULL,
    settled_at {{.Time}}
);
CREATE INDEX refunds_try ON refunds (try_at);
CREATE INDEX refunds_order ON refunds (order_id);

-- What providers told us: each event once, whatever they send again.
CREATE TABLE webhooks (
    provider    TEXT NOT NULL,
    event_id    TEXT NOT NULL,
    payment_id  TEXT NOT NULL,
    body        {{.Bytes}} NOT NULL,
    received_at {{.Time}} NOT NULL,
    attempts    INTEGER NOT NULL,
    try_at      {{.Time}}, -- when to act on it again; null: done
    PRIMARY KEY (provider, event_id)
);
CREATE INDEX webhooks_try ON webhooks (try_at);

-- +goose Down
DROP TABLE webhooks;
DROP TABLE refunds;
DROP TABLE payments;
