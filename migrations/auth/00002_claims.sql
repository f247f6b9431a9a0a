-- +goose Up
-- An address belongs to the account that has confirmed it. Others may claim it, and get no further: so signing up does not
-- tell which addresses have accounts. claim_key is the address in lower case; email_key, which is unique, is the same for
-- the account that has confirmed it, and the account's id for the others.
ALTER TABLE accounts ADD COLUMN claim_key TEXT NOT NULL DEFAULT '';
UPDATE accounts SET claim_key = email_key;
UPDATE accounts SET email_key = id WHERE verified_at IS NULL;
CREATE INDEX accounts_claim ON accounts (claim_key, id);

-- +goose Down
UPDATE accounts SET email_key = claim_key
WHERE claim_key NOT IN (SELECT claim_key FROM accounts GROUP BY claim_key HAVING COUNT(*) > 1);
DROP INDEX accounts_claim;
ALTER TABLE accounts DROP COLUMN claim_key;
