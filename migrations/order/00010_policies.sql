-- +goose Up
-- What operators have changed of config.yaml's settings, with the reason: each version holds all values. The newest one is
-- in force; an order keeps the terms that it was placed under.
CREATE TABLE settings (
    number     INTEGER PRIMARY KEY, -- 1, 2, …
    rules      TEXT NOT NULL, -- all values, JSON
    changes    TEXT NOT NULL, -- from the version before, JSON
    reason     TEXT NOT NULL,
    restores   INTEGER NOT NULL, -- the version whose values came back; -1: none
    actor_id   TEXT NOT NULL,
    actor      TEXT NOT NULL, -- user name
    created_at {{.Time}} NOT NULL
);

-- Of an earning that has cleared: what of it is still held in the seller's reserve, and until when.
ALTER TABLE earnings ADD COLUMN reserved BIGINT NOT NULL DEFAULT 0;
ALTER TABLE earnings ADD COLUMN reserve_ends_at {{.Time}};
CREATE INDEX earnings_reserve ON earnings (reserve_ends_at);

-- Of a chargeback: what was frozen of the seller's reserve, and what the marketplace bears, since a policy protects the seller.
ALTER TABLE chargebacks ADD COLUMN reserved BIGINT NOT NULL DEFAULT 0;
ALTER TABLE chargebacks ADD COLUMN borne BIGINT NOT NULL DEFAULT 0;

-- What of an order is paid from the buyer's credit, and what of a refund becomes credit again.
ALTER TABLE orders ADD COLUMN credit BIGINT NOT NULL DEFAULT 0;
ALTER TABLE refunds ADD COLUMN credited BIGINT NOT NULL DEFAULT 0;

-- Credit that operators give, and debts that they give up. Above a limit another operator confirms.
CREATE TABLE adjustments (
    id         TEXT PRIMARY KEY,
    kind       TEXT NOT NULL CHECK (kind IN ('goodwill', 'write_off')),
    status     TEXT NOT NULL CHECK (status IN ('waiting', 'done', 'rejected')),
    order_id   TEXT NOT NULL REFERENCES orders (id),
    user_id    TEXT NOT NULL,
    username   TEXT NOT NULL,
    amount     BIGINT NOT NULL CHECK (amount > 0),
    currency   TEXT NOT NULL,
    reason     TEXT NOT NULL,
    asked_by   TEXT NOT NULL,
    asker      TEXT NOT NULL, -- user name
    decided_by TEXT NOT NULL,
    decider    TEXT NOT NULL,
    created_at {{.Time}} NOT NULL,
    decided_at {{.Time}}
);
CREATE INDEX adjustments_created ON adjustments (created_at, id);

-- Money at a provider that fits nothing, until somebody has found out whose it is.
CREATE TABLE strays (
    provider    TEXT NOT NULL,
    id          TEXT NOT NULL, -- the line of the provider's report
    subject     TEXT NOT NULL,
    amount      BIGINT NOT NULL CHECK (amount > 0),
    currency    TEXT NOT NULL,
    status      TEXT NOT NULL CHECK (status IN ('open', 'matched', 'returned')),
    order_id    TEXT NOT NULL, -- whose buyer it was credited to
    note        TEXT NOT NULL,
    decided_by  TEXT NOT NULL,
    found_at    {{.Time}} NOT NULL,
    decided_at  {{.Time}},
    PRIMARY KEY (provider, id)
);

{{if .Postgres}}
CREATE TRIGGER settings_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON settings
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();
{{else}}
-- +goose StatementBegin
CREATE TRIGGER settings_no_update BEFORE UPDATE ON settings BEGIN
    SELECT RAISE(ABORT, 'settings is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER settings_no_delete BEFORE DELETE ON settings BEGIN
    SELECT RAISE(ABORT, 'settings is append-only');
END;
-- +goose StatementEnd
{{end}}

-- +goose Down
DROP TABLE strays;
DROP TABLE adjustments;
ALTER TABLE refunds DROP COLUMN credited;
ALTER TABLE orders DROP COLUMN credit;
ALTER TABLE chargebacks DROP COLUMN borne;
ALTER TABLE chargebacks DROP COLUMN reserved;
DROP INDEX earnings_reserve;
ALTER TABLE earnings DROP COLUMN reserve_ends_at;
ALTER TABLE earnings DROP COLUMN reserved;
DROP TABLE settings;
