-- +goose Up
-- What the module announced. A row stays for a while after the last delivery, for those who look.
CREATE TABLE outbox_events (
    id          TEXT PRIMARY KEY,
    topic       TEXT NOT NULL,
    aggregate   TEXT NOT NULL,
    payload     TEXT NOT NULL,
    headers     TEXT NOT NULL,
    created_at  {{.Time}} NOT NULL
);
CREATE INDEX outbox_events_created ON outbox_events (created_at);

-- One row for each module that still has to hear it; with dead_at set it is a dead letter, which waits for a person.
CREATE TABLE outbox_deliveries (
    seq         {{.ID}},
    event_id    TEXT NOT NULL REFERENCES outbox_events (id),
    subscriber  TEXT NOT NULL,
    topic       TEXT NOT NULL,
    aggregate   TEXT NOT NULL,
    attempts    INTEGER NOT NULL DEFAULT 0,
    due_at      {{.Time}} NOT NULL,
    last_error  TEXT NOT NULL DEFAULT '',
    dead_at     {{.Time}}
);
CREATE INDEX outbox_deliveries_next ON outbox_deliveries (subscriber, seq) WHERE dead_at IS NULL;
CREATE INDEX outbox_deliveries_aggregate ON outbox_deliveries (subscriber, aggregate, seq) WHERE dead_at IS NULL;
CREATE INDEX outbox_deliveries_dead ON outbox_deliveries (seq) WHERE dead_at IS NOT NULL;
CREATE INDEX outbox_deliveries_event ON outbox_deliveries (event_id);

-- What the module has already acted upon: the row is written in the transaction of the effect.
CREATE TABLE inbox (
    handler     TEXT NOT NULL,
    event_id    TEXT NOT NULL,
    handled_at  {{.Time}} NOT NULL,
    PRIMARY KEY (handler, event_id)
);
CREATE INDEX inbox_handled ON inbox (handled_at);

-- +goose Down
DROP TABLE inbox;
DROP TABLE outbox_deliveries;
DROP TABLE outbox_events;
