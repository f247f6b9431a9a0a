-- +goose Up
-- A gateway is one life of a process that people are connected to. It lives as long as it renews its lease; once ended, it
-- stays ended, and its people are written off.
CREATE TABLE gateways (
    id             TEXT PRIMARY KEY,
    renewed_at     {{.Time}} NOT NULL,
    lease_ends_at  {{.Time}} NOT NULL,
    ended          BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX gateways_lease ON gateways (lease_ends_at);

-- Who is connected to which gateway.
CREATE TABLE attendances (
    gateway_id  TEXT NOT NULL REFERENCES gateways (id),
    user_id     TEXT NOT NULL,
    PRIMARY KEY (gateway_id, user_id)
);
CREATE INDEX attendances_of_person ON attendances (user_id);

-- What was announced last of a person: came (online), or was last seen, at that time. Whoever changes a person's
-- attendances holds this row, so that the announcements have one order.
CREATE TABLE sightings (
    user_id  TEXT PRIMARY KEY,
    online   BOOLEAN NOT NULL,
    at       {{.Time}} NOT NULL
);

-- +goose Down
DROP TABLE sightings;
DROP TABLE attendances;
DROP TABLE gateways;
