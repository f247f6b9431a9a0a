-- +goose Up
-- What has happened to an earning since it was released: taken is what went back to the buyer or to a bank of it; frozen_by
-- names the case (a chargeback, a dispute) that holds it, and then it is not pending.
ALTER TABLE earnings ADD COLUMN taken BIGINT NOT NULL DEFAULT 0;
ALTER TABLE earnings ADD COLUMN frozen_by TEXT NOT NULL DEFAULT '';

-- Where a seller's withdrawals go: the account at the provider, and how far the provider has come in checking who they are.
CREATE TABLE payout_accounts (
    user_id    TEXT PRIMARY KEY,
    username   TEXT NOT NULL,
    provider   TEXT NOT NULL,
    account    TEXT NOT NULL, -- the provider's id
    status     TEXT NOT NULL CHECK (status IN ('incomplete', 'review', 'restricted', 'ready')),
    message    TEXT NOT NULL, -- what the provider still wants
    every      TEXT NOT NULL CHECK (every IN ('', 'week', 'month')), -- the automatic schedule; empty: none
    minimum    BIGINT NOT NULL CHECK (minimum >= 0),
    next_at    {{.Time}}, -- of the schedule
    checked_at {{.Time}} NOT NULL,
    created_at {{.Time}} NOT NULL
);
CREATE INDEX payout_accounts_next ON payout_accounts (next_at);

-- Withdrawals. The id is the provider's idempotency key: it exists before the provider is asked.
CREATE TABLE payouts (
    id         TEXT PRIMARY KEY,
    user_id    TEXT NOT NULL,
    username   TEXT NOT NULL,
    status     TEXT NOT NULL CHECK (status IN ('requested', 'approved', 'sending', 'paid', 'failed', 'rejected')),
    amount     BIGINT NOT NULL CHECK (amount > 0), -- that leaves the balance
    fee        BIGINT NOT NULL CHECK (fee >= 0 AND fee < amount),
    currency   TEXT NOT NULL,
    provider   TEXT NOT NULL,
    account    TEXT NOT NULL,
    automatic  BOOLEAN NOT NULL,
    reason     TEXT NOT NULL, -- why it was rejected, or has failed
    reference  TEXT NOT NULL, -- the provider's or the bank's
    decided_by TEXT NOT NULL,
    attempts   INTEGER NOT NULL,
    try_at     {{.Time}}, -- when to ask the provider next; null: there is nothing to ask
    last_error TEXT NOT NULL,
    created_at {{.Time}} NOT NULL,
    decided_at {{.Time}},
    ended_at   {{.Time}}
);
CREATE INDEX payouts_user ON payouts (user_id, created_at, id);
CREATE INDEX payouts_status ON payouts (status, created_at, id);
CREATE INDEX payouts_try ON payouts (try_at);
-- One withdrawal at a time: two clicks are one.
CREATE UNIQUE INDEX payouts_open ON payouts (user_id) WHERE status IN ('requested', 'approved', 'sending');

-- Payments that the buyer's bank has taken back, and what of the seller's money is frozen for it.
CREATE TABLE chargebacks (
    id         TEXT PRIMARY KEY,
    provider   TEXT NOT NULL,
    reference  TEXT NOT NULL, -- the provider's
    payment_id TEXT NOT NULL REFERENCES payments (id),
    order_id   TEXT NOT NULL REFERENCES orders (id),
    seller_id  TEXT NOT NULL,
    stage      TEXT NOT NULL CHECK (stage IN ('needs_response', 'under_review', 'won', 'lost')),
    reason     TEXT NOT NULL,
    amount     BIGINT NOT NULL CHECK (amount > 0),
    fee        BIGINT NOT NULL CHECK (fee >= 0),
    currency   TEXT NOT NULL,
    pending    BIGINT NOT NULL, -- frozen, and where it was
    available  BIGINT NOT NULL,
    receivable BIGINT NOT NULL,
    evidence   TEXT NOT NULL, -- what the seller says
    opened_at  {{.Time}} NOT NULL,
    closed_at  {{.Time}},
    UNIQUE (provider, reference)
);
CREATE INDEX chargebacks_order ON chargebacks (order_id);
CREATE INDEX chargebacks_seller ON chargebacks (seller_id, opened_at, id);

-- The provider's report, line by line, as it was when it was read.
CREATE TABLE provider_transactions (
    provider TEXT NOT NULL,
    id       TEXT NOT NULL,
    kind     TEXT NOT NULL CHECK (kind IN ('charge', 'refund', 'payout', 'payout_returned', 'chargeback', 'chargeback_won', 'settlement')),
    subject  TEXT NOT NULL, -- our id of what it is about
    amount   BIGINT NOT NULL, -- what it does to the balance at the provider, before the fee
    fee      BIGINT NOT NULL,
    currency TEXT NOT NULL,
    at       {{.Time}} NOT NULL,
    PRIMARY KEY (provider, id)
);
CREATE INDEX provider_transactions_subject ON provider_transactions (subject);

-- Each comparison of the provider's report with the books and the orders, and what was different.
CREATE TABLE reconciliations (
    id           TEXT PRIMARY KEY,
    provider     TEXT NOT NULL,
    until        {{.Time}} NOT NULL, -- the report was compared up to here
    transactions INTEGER NOT NULL,
    differences  INTEGER NOT NULL,
    signature    TEXT NOT NULL, -- of the report that was written
    created_at   {{.Time}} NOT NULL
);
CREATE INDEX reconciliations_created ON reconciliations (created_at);
CREATE TABLE differences (
    reconciliation_id TEXT NOT NULL REFERENCES reconciliations (id),
    position          INTEGER NOT NULL,
    kind              TEXT NOT NULL,
    subject           TEXT NOT NULL,
    order_id          TEXT NOT NULL,
    ours              BIGINT NOT NULL,
    theirs            BIGINT NOT NULL,
    currency          TEXT NOT NULL,
    cause             TEXT NOT NULL, -- a sentence
    PRIMARY KEY (reconciliation_id, position)
);

-- What a webhook is about; payment_id is the id of that.
ALTER TABLE webhooks ADD COLUMN kind TEXT NOT NULL DEFAULT 'payment';

-- Payments for which the simulator's bank wants to see that it is the buyer who pays.
CREATE TABLE simulator_challenges (
    payment_id TEXT PRIMARY KEY,
    created_at {{.Time}} NOT NULL
);
-- What the simulator's bank does: withdrawals, chargebacks, and the people it has checked.
CREATE TABLE simulator_accounts (
    id      TEXT PRIMARY KEY,
    user_id TEXT NOT NULL UNIQUE,
    status  TEXT NOT NULL
);
CREATE TABLE simulator_payouts (
    id         TEXT PRIMARY KEY, -- the marketplace's payout
    account    TEXT NOT NULL,
    amount     BIGINT NOT NULL,
    currency   TEXT NOT NULL,
    status     TEXT NOT NULL CHECK (status IN ('moving', 'paid', 'failed')),
    message    TEXT NOT NULL,
    created_at {{.Time}} NOT NULL,
    ended_at   {{.Time}}
);
CREATE TABLE simulator_disputes (
    id         TEXT PRIMARY KEY,
    payment_id TEXT NOT NULL REFERENCES simulator_payments (id),
    amount     BIGINT NOT NULL,
    fee        BIGINT NOT NULL,
    currency   TEXT NOT NULL,
    status     TEXT NOT NULL CHECK (status IN ('needs_response', 'under_review', 'won', 'lost')),
    reason     TEXT NOT NULL,
    evidence   TEXT NOT NULL,
    created_at {{.Time}} NOT NULL,
    ended_at   {{.Time}}
);
-- How the next payments and withdrawals shall go, as set on the control page.
CREATE TABLE simulator_modes (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

{{if .Postgres}}
CREATE TRIGGER provider_transactions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON provider_transactions
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();
{{else}}
-- +goose StatementBegin
CREATE TRIGGER provider_transactions_no_update BEFORE UPDATE ON provider_transactions BEGIN
    SELECT RAISE(ABORT, 'provider_transactions is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER provider_transactions_no_delete BEFORE DELETE ON provider_transactions BEGIN
    SELECT RAISE(ABORT, 'provider_transactions is append-only');
END;
-- +goose StatementEnd
{{end}}

-- +goose Down
DROP TABLE simulator_modes;
DROP TABLE simulator_disputes;
DROP TABLE simulator_payouts;
DROP TABLE simulator_accounts;
DROP TABLE simulator_challenges;
ALTER TABLE webhooks DROP COLUMN kind;
DROP TABLE differences;
DROP TABLE reconciliations;
DROP TABLE provider_transactions;
DROP TABLE chargebacks;
DROP TABLE payouts;
DROP TABLE payout_accounts;
ALTER TABLE earnings DROP COLUMN frozen_by;
ALTER TABLE earnings DROP COLUMN taken;
