-- +goose Up
-- Money that has left the provider without us fits nothing either: somebody has refunded by hand.
ALTER TABLE strays ADD COLUMN kind TEXT NOT NULL DEFAULT 'charge'; -- of the line of the report: charge, refund

-- +goose Down
ALTER TABLE strays DROP COLUMN kind;
