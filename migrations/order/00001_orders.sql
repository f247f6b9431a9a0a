-- +goose Up
-- What a buyer has ordered, as everything was when it was placed. Money is in minor units of the currency.
CREATE TABLE orders (
    id              TEXT PRIMARY KEY,
    number          TEXT NOT NULL UNIQUE,
    status          TEXT NOT NULL CHECK (status IN ('pending_payment', 'awaiting_requirements', 'in_progress', 'delivered',
                        'in_revision', 'disputed', 'completed', 'cancelled', 'expired')),
    version         INTEGER NOT NULL CHECK (version > 0),
    entered         INTEGER NOT NULL CHECK (entered > 0), -- the version at which the status was entered: timers belong to it
    buyer_id        TEXT NOT NULL,
    buyer_username  TEXT NOT NULL,
    seller_id       TEXT NOT NULL,
    seller_username TEXT NOT NULL,
    gig_id          TEXT NOT NULL,
    gig_title       TEXT NOT NULL,
    gig_picture_id  TEXT NOT NULL,
    package         TEXT NOT NULL,
    package_title   TEXT NOT NULL,
    includes        TEXT NOT NULL, -- JSON, a list of texts
    delivery_days   INTEGER NOT NULL CHECK (delivery_days > 0),
    revisions       INTEGER NOT NULL CHECK (revisions >= -1), -- -1: no limit
    revisions_used  INTEGER NOT NULL CHECK (revisions_used >= 0 AND (revisions = -1 OR revisions_used <= revisions)),
    quantity        INTEGER NOT NULL CHECK (quantity BETWEEN 1 AND 20),
    currency        TEXT NOT NULL,
    price           BIGINT NOT NULL CHECK (price > 0),
    subtotal        BIGINT NOT NULL,
    fee             BIGINT NOT NULL CHECK (fee >= 0),
    total           BIGINT NOT NULL,
    seller_fee      BIGINT NOT NULL CHECK (seller_fee >= 0),
    earnings        BIGINT NOT NULL CHECK (earnings >= 0),
    terms           TEXT NOT NULL, -- JSON: the fees and times that it was placed under
    requirements    TEXT NOT NULL, -- JSON: the questions, with their answers once given
    placed_at       {{.Time}} NOT NULL,
    paid_at         {{.Time}},
    started_at      {{.Time}},
    due_at          {{.Time}},
    delivered_at    {{.Time}},
    ended_at        {{.Time}},
    cleared_at      {{.Time}},
    CHECK (buyer_id <> seller_id),
    CHECK (subtotal = price * quantity),
    CHECK (total = subtotal + fee),
    CHECK (subtotal = earnings + seller_fee)
);
CREATE INDEX orders_buyer ON orders (buyer_id, placed_at, id);
CREATE INDEX orders_seller ON orders (seller_id, placed_at, id);

-- What happened to an order: one row for each of its versions.
CREATE TABLE history (
    order_id    TEXT NOT NULL REFERENCES orders (id),
    number      INTEGER NOT NULL, -- the order's version after it
    event       TEXT NOT NULL,
    actor       TEXT NOT NULL, -- buyer, seller, provider, marketplace, moderator
    actor_id    TEXT NOT NULL, -- the user, or system
    from_status TEXT NOT NULL,
    to_status   TEXT NOT NULL,
    note        TEXT NOT NULL,
    late        BOOLEAN NOT NULL,
    at          {{.Time}} NOT NULL,
    PRIMARY KEY (order_id, number)
);

-- What the marketplace does by itself, and when. A row is removed by the transition that fires or clears it.
CREATE TABLE timers (
    order_id      TEXT NOT NULL REFERENCES orders (id),
    kind          TEXT NOT NULL,
    due_at        {{.Time}} NOT NULL,
    order_version INTEGER NOT NULL, -- orders.entered when it was set
    claimed_until {{.Time}},        -- somebody is at it
    PRIMARY KEY (order_id, kind)
);
CREATE INDEX timers_due ON timers (due_at);

CREATE TABLE deliveries (
    id        TEXT PRIMARY KEY,
    order_id  TEXT NOT NULL REFERENCES orders (id),
    number    INTEGER NOT NULL,
    message   TEXT NOT NULL,
    revision  TEXT NOT NULL, -- what the buyer asked to change afterwards
    at        {{.Time}} NOT NULL,
    UNIQUE (order_id, number)
);

-- Files of deliveries and of answers; the content is in the module's file store under the id.
CREATE TABLE files (
    id           TEXT PRIMARY KEY,
    order_id     TEXT NOT NULL REFERENCES orders (id),
    delivery_id  TEXT NOT NULL, -- empty: it belongs to an answer
    position     INTEGER NOT NULL,
    name         TEXT NOT NULL,
    content_type TEXT NOT NULL,
    size         BIGINT NOT NULL,
    sha256       TEXT NOT NULL,
    created_at   {{.Time}} NOT NULL
);
CREATE INDEX files_order ON files (order_id);

-- What a seller earned with an order, from completion until it can be withdrawn.
CREATE TABLE earnings (
    order_id   TEXT PRIMARY KEY REFERENCES orders (id),
    seller_id  TEXT NOT NULL,
    amount     BIGINT NOT NULL,
    currency   TEXT NOT NULL,
    clears_at  {{.Time}} NOT NULL,
    cleared_at {{.Time}}
);
CREATE INDEX earnings_seller ON earnings (seller_id);

-- The first answer to each request that came with an idempotency key.
CREATE TABLE requests (
    user_id    TEXT NOT NULL,
    command    TEXT NOT NULL,
    key        TEXT NOT NULL,
    hash       TEXT NOT NULL, -- SHA-256 of the request
    answer     TEXT NOT NULL, -- JSON
    created_at {{.Time}} NOT NULL,
    PRIMARY KEY (user_id, command, key)
);
CREATE INDEX requests_created ON requests (created_at);

{{if .Postgres}}
-- +goose StatementBegin
CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
-- +goose StatementEnd
CREATE TRIGGER history_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON history
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();
{{else}}
-- +goose StatementBegin
CREATE TRIGGER history_no_update BEFORE UPDATE ON history BEGIN
    SELECT RAISE(ABORT, 'history is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER history_no_delete BEFORE DELETE ON history BEGIN
    SELECT RAISE(ABORT, 'history is append-only');
END;
-- +goose StatementEnd
{{end}}

-- +goose Down
DROP TABLE requests;
DROP TABLE earnings;
DROP TABLE files;
DROP TABLE deliveries;
DROP TABLE timers;
DROP TABLE history;
DROP TABLE orders;
{{if .Postgres}}DROP FUNCTION append_only();{{end}}
