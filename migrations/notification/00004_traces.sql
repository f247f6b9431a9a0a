-- +goose Up
-- The request that caused a mail, and the step of its trace (W3C traceparent): the mail leaves later, and in the same trace.
ALTER TABLE mails ADD COLUMN caused_by TEXT NOT NULL DEFAULT '';
ALTER TABLE mails ADD COLUMN trace TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE mails DROP COLUMN trace;
ALTER TABLE mails DROP COLUMN caused_by;
