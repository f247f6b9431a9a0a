-- +goose Up
-- An order may have more payments than its own: a higher price that both have agreed on, a tip, and money that came when
-- there was no use for it any more. line names what a payment is for; empty: the order itself.
{{if .Postgres}}
ALTER TABLE payments DROP CONSTRAINT payments_order_id_key;
ALTER TABLE payments ADD COLUMN kind TEXT NOT NULL DEFAULT 'order' CHECK (kind IN ('order', 'raise', 'tip'));
ALTER TABLE payments ADD COLUMN line TEXT NOT NULL DEFAULT '';
ALTER TABLE changes DROP CONSTRAINT changes_kind_check;
ALTER TABLE changes ADD CONSTRAINT changes_kind_check CHECK (kind IN ('cancel', 'extension', 'price', 'raise'));
{{else}}
-- SQLite cannot drop a constraint, so the tables are written anew.
PRAGMA defer_foreign_keys = 1;
CREATE TABLE payments_before AS SELECT * FROM payments;
DROP TABLE payments;
CREATE TABLE payments (
    id          TEXT PRIMARY KEY,
    order_id    TEXT NOT NULL REFERENCES orders (id),
    provider    TEXT NOT NULL,
    status      TEXT NOT NULL CHECK (status IN ('pending', 'succeeded', 'declined', 'expired', 'refunding', 'refunded')),
    amount      BIGINT NOT NULL CHECK (amount > 0),
    currency    TEXT NOT NULL,
    charge      TEXT NOT NULL,
    message     TEXT NOT NULL,
    attempt     INTEGER NOT NULL,
    check_at    {{.Time}},
    created_at  {{.Time}} NOT NULL,
    kind        TEXT NOT NULL DEFAULT 'order' CHECK (kind IN ('order', 'raise', 'tip')),
    line        TEXT NOT NULL DEFAULT ''
);
INSERT INTO payments (id, order_id, provider, status, amount, currency, charge, message, attempt, check_at, created_at)
    SELECT id, order_id, provider, status, amount, currency, charge, message, attempt, check_at, created_at FROM payments_before;
DROP TABLE payments_before;
CREATE INDEX payments_check ON payments (check_at);

CREATE TABLE changes_before AS SELECT * FROM changes;
DROP TABLE changes;
CREATE TABLE changes (
    id         TEXT PRIMARY KEY,
    order_id   TEXT NOT NULL REFERENCES orders (id),
    kind       TEXT NOT NULL CHECK (kind IN ('cancel', 'extension', 'price', 'raise')),
    asked_by   TEXT NOT NULL CHECK (asked_by IN ('buyer', 'seller')),
    reason     TEXT NOT NULL,
    days       INTEGER NOT NULL,
    amount     BIGINT NOT NULL,
    status     TEXT NOT NULL CHECK (status IN ('open', 'accepted', 'declined', 'withdrawn', 'lapsed')),
    note       TEXT NOT NULL,
    asked_at   {{.Time}} NOT NULL,
    answer_by  {{.Time}} NOT NULL,
    settled_at {{.Time}}
);
INSERT INTO changes SELECT * FROM changes_before;
DROP TABLE changes_before;
CREATE INDEX changes_order ON changes (order_id, asked_at);
CREATE UNIQUE INDEX changes_open ON changes (order_id) WHERE status = 'open';
{{end}}
CREATE UNIQUE INDEX payments_line ON payments (order_id, line);

-- A higher price: more revisions that are asked for, and when both have agreed, so that it waits for its payment.
ALTER TABLE changes ADD COLUMN revisions INTEGER NOT NULL DEFAULT 0;
ALTER TABLE changes ADD COLUMN agreed_at {{.Time}};
ALTER TABLE orders ADD COLUMN asked_revisions INTEGER NOT NULL DEFAULT 0;

-- What an order was paid beside its own price, each with escrow of its own. A surplus came when there was no use for it any
-- more, and went back at once.
CREATE TABLE lines (
    id         TEXT PRIMARY KEY,
    order_id   TEXT NOT NULL REFERENCES orders (id),
    kind       TEXT NOT NULL CHECK (kind IN ('raise', 'surplus')),
    text       TEXT NOT NULL, -- what it is for, in the words of who asked
    price      BIGINT NOT NULL CHECK (price > 0),
    fee        BIGINT NOT NULL CHECK (fee >= 0),        -- the buyer's
    seller_fee BIGINT NOT NULL CHECK (seller_fee >= 0 AND seller_fee <= price),
    refunded   BIGINT NOT NULL DEFAULT 0 CHECK (refunded >= 0 AND refunded <= price), -- of the price
    created_at {{.Time}} NOT NULL,
    paid_at    {{.Time}}
);
CREATE INDEX lines_order ON lines (order_id, paid_at);

-- Tips: an order has one that was paid. It clears like an earning.
CREATE TABLE tips (
    id         TEXT PRIMARY KEY,
    order_id   TEXT NOT NULL REFERENCES orders (id),
    seller_id  TEXT NOT NULL,
    amount     BIGINT NOT NULL CHECK (amount > 0),
    currency   TEXT NOT NULL,
    message    TEXT NOT NULL, -- to the seller
    created_at {{.Time}} NOT NULL,
    paid_at    {{.Time}},
    cleared_at {{.Time}},
    taken      BIGINT NOT NULL DEFAULT 0,       -- by a bank
    frozen_by  TEXT NOT NULL DEFAULT ''         -- the case that holds it
);
CREATE UNIQUE INDEX tips_paid ON tips (order_id) WHERE paid_at IS NOT NULL;
CREATE INDEX tips_seller ON tips (seller_id) WHERE cleared_at IS NULL;
ALTER TABLE orders ADD COLUMN tipped_at {{.Time}};
ALTER TABLE orders ADD COLUMN tip_cleared_at {{.Time}};

-- A dispute after completion: the order stays completed, and what it has brought is frozen until it is decided, once.
ALTER TABLE orders ADD COLUMN contested BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE orders ADD COLUMN judged BOOLEAN NOT NULL DEFAULT FALSE;

-- +goose Down
ALTER TABLE orders DROP COLUMN judged;
ALTER TABLE orders DROP COLUMN contested;
ALTER TABLE orders DROP COLUMN tip_cleared_at;
ALTER TABLE orders DROP COLUMN tipped_at;
DROP TABLE tips;
DROP TABLE lines;
ALTER TABLE orders DROP COLUMN asked_revisions;
ALTER TABLE changes DROP COLUMN agreed_at;
ALTER TABLE changes DROP COLUMN revisions;
DROP INDEX payments_line;
ALTER TABLE payments DROP COLUMN line;
ALTER TABLE payments DROP COLUMN kind;
