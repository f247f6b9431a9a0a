-- +goose Up
-- The order that a message is about: what the conversation was about when it was sent.
ALTER TABLE messages ADD COLUMN order_id TEXT NOT NULL DEFAULT '';
CREATE INDEX messages_of_order ON messages (order_id, seq) WHERE order_id <> '';

-- +goose Down
DROP INDEX messages_of_order;
ALTER TABLE messages DROP COLUMN order_id;
