-- +goose Up
-- Who can be written to; auth announces them.
CREATE TABLE recipients (
    user_id   TEXT PRIMARY KEY,
    username  TEXT NOT NULL,
    email     TEXT NOT NULL,
    verified  BOOLEAN NOT NULL
);

-- subject names what a notification is about where several fold into one (a conversation); seq is how far it tells.
CREATE TABLE notifications (
    id          TEXT PRIMARY KEY,
    user_id     TEXT NOT NULL,
    kind        TEXT NOT NULL,
    subject     TEXT NOT NULL DEFAULT '',
    seq         BIGINT NOT NULL DEFAULT 0,
    title       TEXT NOT NULL,
    text        TEXT NOT NULL,
    link        TEXT NOT NULL,
    read_at     {{.Time}},
    created_at  {{.Time}} NOT NULL
);
CREATE INDEX notifications_user ON notifications (user_id, created_at, id);
CREATE INDEX notifications_unread ON notifications (user_id, created_at, id) WHERE read_at IS NULL;
CREATE UNIQUE INDEX notifications_folded ON notifications (user_id, subject) WHERE read_at IS NULL AND subject <> '';
CREATE INDEX notifications_created ON notifications (created_at);

-- How far people have read in their conversations.
CREATE TABLE reads (
    user_id  TEXT NOT NULL,
    subject  TEXT NOT NULL,
    seq      BIGINT NOT NULL,
    PRIMARY KEY (user_id, subject)
);

CREATE TABLE mails (
    id          TEXT PRIMARY KEY,
    request_id  TEXT NOT NULL UNIQUE,
    recipient   TEXT NOT NULL,
    subject     TEXT NOT NULL,
    text        TEXT NOT NULL,
    html        TEXT NOT NULL,
    links       TEXT NOT NULL,
    status      TEXT NOT NULL,
    attempts    INTEGER NOT NULL DEFAULT 0,
    due_at      {{.Time}} NOT NULL,
    last_error  TEXT NOT NULL DEFAULT '',
    created_at  {{.Time}} NOT NULL,
    sent_at     {{.Time}}
);
CREATE INDEX mails_due ON mails (due_at) WHERE status = 'queued';
CREATE INDEX mails_created ON mails (created_at, id);
CREATE INDEX mails_recipient ON mails (recipient, created_at, id);

-- +goose Down
DROP TABLE mails;
DROP TABLE reads;
DROP TABLE notifications;
DROP TABLE recipients;
