-- +goose Up
-- Dead letters that an operator has given up, with the reason.
CREATE TABLE outbox_discarded (
    seq           BIGINT PRIMARY KEY,
    event_id      TEXT NOT NULL,
    subscriber    TEXT NOT NULL,
    topic         TEXT NOT NULL,
    aggregate     TEXT NOT NULL,
    payload       TEXT NOT NULL,
    emitted_at    {{.Time}} NOT NULL,
    attempts      INTEGER NOT NULL,
    last_error    TEXT NOT NULL,
    dead_at       {{.Time}} NOT NULL,
    reason        TEXT NOT NULL,
    discarded_by  TEXT NOT NULL,
    discarded_at  {{.Time}} NOT NULL
);
CREATE INDEX outbox_discarded_event ON outbox_discarded (event_id, subscriber);
CREATE INDEX outbox_discarded_at ON outbox_discarded (discarded_at);

-- +goose Down
DROP TABLE outbox_discarded;
