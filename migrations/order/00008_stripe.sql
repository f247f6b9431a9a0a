-- +goose Up
-- What we have asked Stripe for, by our ids: its keys of idempotency are forgotten after a day, ours are not.
CREATE TABLE stripe_objects (
    kind       TEXT NOT NULL CHECK (kind IN ('session', 'refund', 'transfer', 'payout', 'reversal', 'account')),
    id         TEXT NOT NULL, -- ours: of the payment, the refund, the withdrawal, the user
    object     TEXT NOT NULL, -- Stripe's
    url        TEXT NOT NULL, -- of a session
    expires_at {{.Time}},     -- of a session
    PRIMARY KEY (kind, id)
);

-- +goose Down
DROP TABLE stripe_objects;
