-- +goose Up
-- Work that two people bargain about. What an offer says never changes; what is ordered of it are orders.
CREATE TABLE offers (
    id              TEXT PRIMARY KEY,
    status          TEXT NOT NULL CHECK (status IN ('sent', 'accepted', 'declined', 'countered', 'withdrawn', 'expired')),
    sent_by         TEXT NOT NULL CHECK (sent_by IN ('buyer', 'seller')),
    buyer_id        TEXT NOT NULL,
    buyer_username  TEXT NOT NULL,
    seller_id       TEXT NOT NULL,
    seller_username TEXT NOT NULL,
    gig_id          TEXT NOT NULL,
    gig_title       TEXT NOT NULL,
    gig_picture_id  TEXT NOT NULL,
    category        TEXT NOT NULL, -- of the gig, for the fees
    description     TEXT NOT NULL,
    milestones      TEXT NOT NULL, -- JSON
    currency        TEXT NOT NULL,
    price           BIGINT NOT NULL CHECK (price > 0), -- of all milestones, in minor units
    began           TEXT NOT NULL,    -- the offer that the bargaining began with
    round           INTEGER NOT NULL CHECK (round > 0), -- 1, 2, … in it
    answers         TEXT NOT NULL,    -- the offer of the round before; empty: none
    answered_by     TEXT NOT NULL,    -- the offer of the next round; empty: none
    note            TEXT NOT NULL,    -- of who declined or withdrew it
    sent_at         {{.Time}} NOT NULL,
    expires_at      {{.Time}} NOT NULL,
    settled_at      {{.Time}},
    check_at        {{.Time}}, -- when to see whether it has expired; null: it cannot any more
    claimed_until   {{.Time}}, -- somebody is at it
    CHECK (buyer_id <> seller_id),
    UNIQUE (began, round)
);
CREATE INDEX offers_buyer ON offers (buyer_id, sent_at, id);
CREATE INDEX offers_seller ON offers (seller_id, sent_at, id);
CREATE INDEX offers_check ON offers (check_at);

-- Of an order that is a milestone of an offer: which one (1, 2, …), of how many.
ALTER TABLE orders ADD COLUMN offer_id TEXT NOT NULL DEFAULT '';
ALTER TABLE orders ADD COLUMN milestone INTEGER NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN milestones INTEGER NOT NULL DEFAULT 0;

-- A milestone is one order, but for those that nobody paid in time.
CREATE UNIQUE INDEX orders_milestone ON orders (offer_id, milestone) WHERE offer_id <> '' AND
    (status = 'pending_payment' OR (paid_at IS NOT NULL AND (ended_at IS NULL OR paid_at <= ended_at)));

-- +goose Down
DROP INDEX orders_milestone;
ALTER TABLE orders DROP COLUMN milestones;
ALTER TABLE orders DROP COLUMN milestone;
ALTER TABLE orders DROP COLUMN offer_id;
DROP TABLE offers;
