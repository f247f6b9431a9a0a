-- +goose Up
-- What the process knows beside status and times: the review's end, money that went back, the open request, the dispute.
ALTER TABLE orders ADD COLUMN review_ends_at {{.Time}};          -- when a delivered order completes by itself
ALTER TABLE orders ADD COLUMN extensions INTEGER NOT NULL DEFAULT 0; -- of the time to review, by the buyer
ALTER TABLE orders ADD COLUMN refunded BIGINT NOT NULL DEFAULT 0 CHECK (refunded >= 0 AND refunded <= subtotal); -- of the price
ALTER TABLE orders ADD COLUMN asked TEXT NOT NULL DEFAULT '';        -- what the open request asks for: an event of the process
ALTER TABLE orders ADD COLUMN asked_by TEXT NOT NULL DEFAULT '';     -- buyer, seller
ALTER TABLE orders ADD COLUMN asked_at {{.Time}};
ALTER TABLE orders ADD COLUMN asked_days INTEGER NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN asked_amount BIGINT NOT NULL DEFAULT 0; -- of the price, to go back
ALTER TABLE orders ADD COLUMN pressed BOOLEAN NOT NULL DEFAULT FALSE; -- a request to cancel was declined or not answered
ALTER TABLE orders ADD COLUMN disputed_at {{.Time}};
ALTER TABLE orders ADD COLUMN disputed_by TEXT NOT NULL DEFAULT '';
ALTER TABLE orders ADD COLUMN disputed_from TEXT NOT NULL DEFAULT ''; -- the status before
ALTER TABLE orders ADD COLUMN heard BOOLEAN NOT NULL DEFAULT FALSE;   -- the other side has answered the dispute

-- Orders that have ended gave everything back, or nothing.
UPDATE orders SET refunded = subtotal WHERE status IN ('cancelled', 'expired') AND paid_at IS NOT NULL;
CREATE INDEX orders_disputed ON orders (disputed_at, id) WHERE status = 'disputed';

-- What one side asks the other to agree to: to cancel, more time, a lower price. One an order is open.
CREATE TABLE changes (
    id         TEXT PRIMARY KEY,
    order_id   TEXT NOT NULL REFERENCES orders (id),
    kind       TEXT NOT NULL CHECK (kind IN ('cancel', 'extension', 'price')),
    asked_by   TEXT NOT NULL CHECK (asked_by IN ('buyer', 'seller')),
    reason     TEXT NOT NULL,
    days       INTEGER NOT NULL,
    amount     BIGINT NOT NULL,  -- of the price, to go back
    status     TEXT NOT NULL CHECK (status IN ('open', 'accepted', 'declined', 'withdrawn', 'lapsed')),
    note       TEXT NOT NULL,    -- of who answered
    asked_at   {{.Time}} NOT NULL,
    answer_by  {{.Time}} NOT NULL,
    settled_at {{.Time}}
);
CREATE INDEX changes_order ON changes (order_id, asked_at);
CREATE UNIQUE INDEX changes_open ON changes (order_id) WHERE status = 'open';

CREATE TABLE disputes (
    id         TEXT PRIMARY KEY,
    order_id   TEXT NOT NULL REFERENCES orders (id),
    opened_by  TEXT NOT NULL CHECK (opened_by IN ('buyer', 'seller')),
    reason     TEXT NOT NULL,
    status     TEXT NOT NULL CHECK (status IN ('open', 'withdrawn', 'resolved')),
    opened_at  {{.Time}} NOT NULL,
    settled_at {{.Time}},
    refund     BIGINT NOT NULL DEFAULT 0,  -- of the price, decided
    decision   TEXT NOT NULL DEFAULT '',   -- the reasons, for both sides
    decided_by TEXT NOT NULL DEFAULT '',
    draft_refund BIGINT NOT NULL DEFAULT 0, -- what a first moderator has proposed, above the limit for one alone
    draft_reason TEXT NOT NULL DEFAULT '',
    draft_by     TEXT NOT NULL DEFAULT ''
);
CREATE INDEX disputes_order ON disputes (order_id, opened_at);
CREATE UNIQUE INDEX disputes_open ON disputes (order_id) WHERE status = 'open';

-- What the two sides say in a dispute; their files are in files, under the statement's id.
CREATE TABLE statements (
    id         TEXT PRIMARY KEY,
    dispute_id TEXT NOT NULL REFERENCES disputes (id),
    order_id   TEXT NOT NULL REFERENCES orders (id),
    actor      TEXT NOT NULL CHECK (actor IN ('buyer', 'seller')),
    actor_id   TEXT NOT NULL,
    text       TEXT NOT NULL,
    at         {{.Time}} NOT NULL
);
CREATE INDEX statements_dispute ON statements (dispute_id, at, id);

-- +goose Down
DROP TABLE statements;
DROP TABLE disputes;
DROP TABLE changes;
DROP INDEX orders_disputed;
ALTER TABLE orders DROP COLUMN heard;
ALTER TABLE orders DROP COLUMN disputed_from;
ALTER TABLE orders DROP COLUMN disputed_by;
ALTER TABLE orders DROP COLUMN disputed_at;
ALTER TABLE orders DROP COLUMN pressed;
ALTER TABLE orders DROP COLUMN asked_amount;
ALTER TABLE orders DROP COLUMN asked_days;
ALTER TABLE orders DROP COLUMN asked_at;
ALTER TABLE orders DROP COLUMN asked_by;
ALTER TABLE orders DROP COLUMN asked;
ALTER TABLE orders DROP COLUMN refunded;
ALTER TABLE orders DROP COLUMN extensions;
ALTER TABLE orders DROP COLUMN review_ends_at;
