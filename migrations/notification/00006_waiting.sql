-- +goose Up
-- Messages that their reader has not read yet, until they are read or the reader has been written to. A row that says
-- deleted may be there before the message is told of.
CREATE TABLE waiting (
    user_id          TEXT NOT NULL,
    conversation_id  TEXT NOT NULL,
    seq              BIGINT NOT NULL,
    sender_username  TEXT NOT NULL,
    deleted          BOOLEAN NOT NULL DEFAULT FALSE,
    created_at       {{.Time}} NOT NULL,
    PRIMARY KEY (user_id, conversation_id, seq)
);
CREATE INDEX waiting_created ON waiting (created_at);

-- When a reader is written to about all of them at once; without a due time nothing waits.
CREATE TABLE reminders (
    user_id    TEXT PRIMARY KEY,
    due_at     {{.Time}},
    mailed_at  {{.Time}}
);
CREATE INDEX reminders_due ON reminders (due_at) WHERE due_at IS NOT NULL;

-- +goose Down
DROP TABLE reminders;
DROP TABLE waiting;
