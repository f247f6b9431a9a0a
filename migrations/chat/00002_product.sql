-- +goose Up
-- What makes the chat a product: files, edits, order in the inbox, blocking, reports, saved answers, times of response.
ALTER TABLE conversations ADD COLUMN last_change BIGINT NOT NULL DEFAULT 0; -- counts what was done to messages after they were sent

ALTER TABLE participants ADD COLUMN folded TEXT NOT NULL DEFAULT ''; -- the names in small letters, to be found by
ALTER TABLE participants ADD COLUMN starred BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE participants ADD COLUMN archived BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE participants ADD COLUMN spam BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE participants SET folded = LOWER(username);
CREATE INDEX participants_inbox ON participants (user_id, (CASE WHEN unread > 0 THEN 1 ELSE 0 END), active_at, conversation_id) WHERE listed;

CREATE TABLE labels (
    user_id          TEXT NOT NULL,
    label            TEXT NOT NULL,
    conversation_id  TEXT NOT NULL REFERENCES conversations (id),
    PRIMARY KEY (user_id, label, conversation_id)
);
CREATE INDEX labels_of ON labels (conversation_id, user_id);

-- kind says what a message shows: its text, or a card of something else, which subject_id names.
ALTER TABLE messages ADD COLUMN kind TEXT NOT NULL DEFAULT 'text';
ALTER TABLE messages ADD COLUMN subject_id TEXT NOT NULL DEFAULT '';
ALTER TABLE messages ADD COLUMN folded TEXT NOT NULL DEFAULT ''; -- the text in small letters, to be found by
ALTER TABLE messages ADD COLUMN warnings TEXT NOT NULL DEFAULT ''; -- what was found in it: contact, elsewhere
ALTER TABLE messages ADD COLUMN files INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN change BIGINT NOT NULL DEFAULT 0; -- the conversation's last_change when it was changed last
ALTER TABLE messages ADD COLUMN edited_at {{.Time}};
ALTER TABLE messages ADD COLUMN deleted_at {{.Time}};
UPDATE messages SET folded = LOWER(text);
CREATE INDEX messages_changed ON messages (conversation_id, change) WHERE change > 0;

-- What a message said before, for cases; forgotten after a while.
CREATE TABLE versions (
    message_id       TEXT NOT NULL REFERENCES messages (id),
    change           BIGINT NOT NULL, -- that replaced it
    conversation_id  TEXT NOT NULL,
    text             TEXT NOT NULL,
    until            {{.Time}} NOT NULL,
    PRIMARY KEY (message_id, change)
);
CREATE INDEX versions_until ON versions (until);

CREATE TABLE attachments (
    id               TEXT PRIMARY KEY,
    conversation_id  TEXT NOT NULL REFERENCES conversations (id),
    message_id       TEXT NOT NULL REFERENCES messages (id),
    position         INTEGER NOT NULL,
    name             TEXT NOT NULL,
    content_type     TEXT NOT NULL,
    size             BIGINT NOT NULL,
    sha256           TEXT NOT NULL,
    width            INTEGER NOT NULL, -- 0: not a picture
    height           INTEGER NOT NULL,
    created_at       {{.Time}} NOT NULL
);
CREATE INDEX attachments_of ON attachments (message_id, position);

-- The key that signs links to files, made by the first process that needs it and read by all.
CREATE TABLE link_keys (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    secret      {{.Bytes}} NOT NULL,
    created_at  {{.Time}} NOT NULL
);

CREATE TABLE blocks (
    blocker_id        TEXT NOT NULL,
    blocked_id        TEXT NOT NULL,
    blocked_username  TEXT NOT NULL,
    created_at        {{.Time}} NOT NULL,
    PRIMARY KEY (blocker_id, blocked_id)
);

-- A case is a report with what becomes of it. Staff read the conversation up to last_seq, and only through a reading.
CREATE TABLE cases (
    id                 TEXT PRIMARY KEY,
    conversation_id    TEXT NOT NULL REFERENCES conversations (id),
    reporter_id        TEXT NOT NULL,
    reporter_username  TEXT NOT NULL,
    reported_id        TEXT NOT NULL,
    reported_username  TEXT NOT NULL,
    reason             TEXT NOT NULL,
    text               TEXT NOT NULL,
    last_seq           BIGINT NOT NULL,
    status             TEXT NOT NULL CHECK (status IN ('open', 'upheld', 'dismissed')),
    note               TEXT NOT NULL DEFAULT '', -- for the reporter, with the decision
    closed_by          TEXT NOT NULL DEFAULT '',
    closed_username    TEXT NOT NULL DEFAULT '',
    closed_at          {{.Time}},
    created_at         {{.Time}} NOT NULL
);
CREATE UNIQUE INDEX cases_open ON cases (reporter_id, conversation_id) WHERE status = 'open';
CREATE INDEX cases_queue ON cases (status, created_at, id);
CREATE INDEX cases_pace ON cases (reporter_id, created_at);
CREATE INDEX cases_of ON cases (conversation_id, created_at);

-- Each time that staff opened a reported conversation: who, why, and for how long. Nobody changes what is written here.
CREATE TABLE readings (
    id               TEXT PRIMARY KEY,
    case_id          TEXT NOT NULL REFERENCES cases (id),
    conversation_id  TEXT NOT NULL,
    reader_id        TEXT NOT NULL,
    reader_username  TEXT NOT NULL,
    reason           TEXT NOT NULL,
    created_at       {{.Time}} NOT NULL,
    until            {{.Time}} NOT NULL
);
CREATE INDEX readings_of ON readings (conversation_id, created_at);
CREATE INDEX readings_case ON readings (case_id, created_at);
{{if .Postgres}}
-- +goose StatementBegin
CREATE FUNCTION readings_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'readings is append-only' USING ERRCODE = 'check_violation';
END $$;
-- +goose StatementEnd
CREATE TRIGGER readings_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON readings
    FOR EACH STATEMENT EXECUTE FUNCTION readings_append_only();
{{else}}
-- +goose StatementBegin
CREATE TRIGGER readings_no_update BEFORE UPDATE ON readings BEGIN
    SELECT RAISE(ABORT, 'readings is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER readings_no_delete BEFORE DELETE ON readings BEGIN
    SELECT RAISE(ABORT, 'readings is append-only');
END;
-- +goose StatementEnd
{{end}}

-- Pairs of people between whom an order was paid: they may exchange what they like.
CREATE TABLE customers (
    low_id      TEXT NOT NULL,
    high_id     TEXT NOT NULL,
    created_at  {{.Time}} NOT NULL,
    PRIMARY KEY (low_id, high_id)
);

-- What is looked for in messages before an order; the newest version counts, the older ones are its history.
CREATE TABLE screenings (
    version           BIGINT PRIMARY KEY,
    strictness        TEXT NOT NULL,
    words             TEXT NOT NULL, -- a JSON list
    changed_by        TEXT NOT NULL,
    changed_username  TEXT NOT NULL,
    created_at        {{.Time}} NOT NULL
);

CREATE TABLE replies (
    id          TEXT PRIMARY KEY,
    user_id     TEXT NOT NULL,
    title       TEXT NOT NULL,
    text        TEXT NOT NULL,
    created_at  {{.Time}} NOT NULL,
    updated_at  {{.Time}} NOT NULL
);
CREATE INDEX replies_of ON replies (user_id, title, id);

-- A turn begins with a message that nobody has answered yet, and ends with the answer. begins: it is the first of all.
CREATE TABLE turns (
    conversation_id  TEXT NOT NULL REFERENCES conversations (id),
    seq              BIGINT NOT NULL,
    answerer_id      TEXT NOT NULL,
    begins           BOOLEAN NOT NULL,
    asked_at         {{.Time}} NOT NULL,
    answered_at      {{.Time}},
    seconds          BIGINT NOT NULL DEFAULT 0, -- from the question to the answer
    PRIMARY KEY (conversation_id, seq)
);
CREATE UNIQUE INDEX turns_open ON turns (conversation_id, answerer_id) WHERE answered_at IS NULL;
CREATE INDEX turns_of ON turns (answerer_id, asked_at);

-- +goose Down
DROP TABLE turns;
DROP TABLE replies;
DROP TABLE screenings;
DROP TABLE customers;
DROP TABLE readings;
{{if .Postgres}}DROP FUNCTION readings_append_only();{{end}}
DROP TABLE cases;
DROP TABLE blocks;
DROP TABLE link_keys;
DROP TABLE attachments;
DROP TABLE versions;
DROP INDEX messages_changed;
ALTER TABLE messages DROP COLUMN deleted_at;
ALTER TABLE messages DROP COLUMN edited_at;
ALTER TABLE messages DROP COLUMN change;
ALTER TABLE messages DROP COLUMN files;
ALTER TABLE messages DROP COLUMN warnings;
ALTER TABLE messages DROP COLUMN folded;
ALTER TABLE messages DROP COLUMN subject_id;
ALTER TABLE messages DROP COLUMN kind;
DROP TABLE labels;
DROP INDEX participants_inbox;
ALTER TABLE participants DROP COLUMN spam;
ALTER TABLE participants DROP COLUMN archived;
ALTER TABLE participants DROP COLUMN starred;
ALTER TABLE participants DROP COLUMN folded;
ALTER TABLE conversations DROP COLUMN last_change;
