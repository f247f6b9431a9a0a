-- +goose Up
-- What operators were told of; at most one of a rule is not over.
CREATE TABLE alerts (
    id        TEXT PRIMARY KEY,
    rule      TEXT NOT NULL,
    title     TEXT NOT NULL,
    meaning   TEXT NOT NULL,
    action    TEXT NOT NULL,
    severity  TEXT NOT NULL,
    value     TEXT NOT NULL,
    beyond    TEXT NOT NULL,
    began_at  {{.Time}} NOT NULL,
    over_at   {{.Time}}
);
CREATE UNIQUE INDEX alerts_rule ON alerts (rule) WHERE over_at IS NULL;
CREATE INDEX alerts_began ON alerts (began_at, id);

-- The processes that see a condition now. One that has gone without a word is forgotten after a while.
CREATE TABLE alert_sightings (
    rule     TEXT NOT NULL,
    process  TEXT NOT NULL,
    seen_at  {{.Time}} NOT NULL,
    PRIMARY KEY (rule, process)
);

ALTER TABLE mails ADD COLUMN order_id TEXT NOT NULL DEFAULT '';
CREATE INDEX mails_order ON mails (order_id, created_at, id) WHERE order_id <> '';
CREATE INDEX mails_status ON mails (status, created_at, id);

-- +goose Down
DROP INDEX mails_status;
DROP INDEX mails_order;
ALTER TABLE mails DROP COLUMN order_id;
DROP TABLE alert_sightings;
DROP TABLE alerts;
