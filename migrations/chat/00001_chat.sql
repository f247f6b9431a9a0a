-- +goose Up
-- What two people write to each other: one row for the two, the smaller id first. Everything that happens in it updates
-- this row first, so its events and numbers have one order.
CREATE TABLE conversations (
    id          TEXT PRIMARY KEY,
    low_id      TEXT NOT NULL,
    high_id     TEXT NOT NULL,
    gig_id      TEXT NOT NULL, -- what it is about, of the last time that it was opened; empty: nothing in particular
    order_id    TEXT NOT NULL,
    last_seq    BIGINT NOT NULL DEFAULT 0 CHECK (last_seq >= 0),
    begun_by    TEXT NOT NULL, -- who opened it first
    created_at  {{.Time}} NOT NULL,
    CHECK (low_id <> high_id)
);
CREATE UNIQUE INDEX conversations_of_two ON conversations (low_id, high_id);
CREATE INDEX conversations_pace ON conversations (begun_by, created_at);

-- A conversation as one of its two sees it.
CREATE TABLE participants (
    conversation_id  TEXT NOT NULL REFERENCES conversations (id),
    user_id          TEXT NOT NULL,
    username         TEXT NOT NULL,
    listed           BOOLEAN NOT NULL, -- has opened it, or there is a message
    read_seq         BIGINT NOT NULL DEFAULT 0 CHECK (read_seq >= 0),
    unread           BIGINT NOT NULL DEFAULT 0 CHECK (unread >= 0), -- messages of the other after read_seq
    active_at        {{.Time}} NOT NULL, -- the last message; the first opening until there is one
    PRIMARY KEY (conversation_id, user_id)
);
CREATE INDEX participants_list ON participants (user_id, active_at, conversation_id) WHERE listed;
CREATE INDEX participants_unread ON participants (user_id) WHERE unread > 0;

CREATE TABLE messages (
    id               TEXT PRIMARY KEY,
    conversation_id  TEXT NOT NULL REFERENCES conversations (id),
    seq              BIGINT NOT NULL CHECK (seq > 0),
    sender_id        TEXT NOT NULL,
    sender_username  TEXT NOT NULL,
    client_id        TEXT NOT NULL, -- what the sender's client called it; empty: nothing
    text             TEXT NOT NULL,
    created_at       {{.Time}} NOT NULL
);
CREATE UNIQUE INDEX messages_in_order ON messages (conversation_id, seq);
CREATE UNIQUE INDEX messages_once ON messages (conversation_id, sender_id, client_id) WHERE client_id <> '';
CREATE INDEX messages_pace ON messages (sender_id, created_at);

-- +goose Down
DROP TABLE messages;
DROP TABLE participants;
DROP TABLE conversations;
