-- +goose Up
-- The chart: one row an account and currency. Accounts with one owner keep their balance here, on their own side (what a
-- liability owes is positive); accounts of the system have none and are summed, so that no row is everybody's.
CREATE TABLE accounts (
    code        TEXT PRIMARY KEY,
    kind        TEXT NOT NULL CHECK (kind IN ('asset', 'liability', 'income', 'expense', 'technical')),
    currency    TEXT NOT NULL,
    balance     BIGINT,
    min_balance BIGINT,
    created_at  {{.Time}} NOT NULL,
    CHECK (min_balance IS NULL OR balance IS NULL OR balance >= min_balance)
);

-- One movement of money. The journals of a book (an order) are a chain: each hash covers the one before.
CREATE TABLE journals (
    id         TEXT PRIMARY KEY,
    book       TEXT NOT NULL,
    number     INTEGER NOT NULL, -- in the book: 1, 2, …
    kind       TEXT NOT NULL,
    idem       TEXT NOT NULL UNIQUE, -- the natural key of what moved the money: it moves once
    order_id   TEXT NOT NULL,
    actor      TEXT NOT NULL, -- the user, or system
    cause      TEXT NOT NULL, -- what made it happen: <order>#<line of its history>, or the refund
    reverses   TEXT NOT NULL, -- the journal that it corrects
    prev       TEXT NOT NULL,
    hash       TEXT NOT NULL,
    created_at {{.Time}} NOT NULL,
    UNIQUE (book, number)
);
CREATE INDEX journals_order ON journals (order_id);

-- Debit +, credit −; each journal sums to zero in each currency.
CREATE TABLE postings (
    journal_id TEXT NOT NULL REFERENCES journals (id),
    line       INTEGER NOT NULL,
    account    TEXT NOT NULL REFERENCES accounts (code),
    currency   TEXT NOT NULL,
    amount     BIGINT NOT NULL CHECK (amount <> 0),
    PRIMARY KEY (journal_id, line)
);
CREATE INDEX postings_account ON postings (account, amount);

-- Journals in the order in which they were seen committed, sealed together: a chain over all books.
CREATE TABLE unsealed (
    journal_id TEXT PRIMARY KEY
);
CREATE TABLE seals (
    number     INTEGER PRIMARY KEY,
    journals   INTEGER NOT NULL,
    prev       TEXT NOT NULL,
    hash       TEXT NOT NULL,
    created_at {{.Time}} NOT NULL
);
CREATE TABLE sealed (
    seal       INTEGER NOT NULL REFERENCES seals (number),
    position   INTEGER NOT NULL,
    journal_id TEXT NOT NULL UNIQUE,
    PRIMARY KEY (seal, position)
);

{{if .Postgres}}
CREATE TRIGGER journals_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journals
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER postings_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON postings
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER seals_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON seals
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER sealed_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON sealed
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();

-- The last line: a journal that does not sum to zero in each currency, or has fewer than two postings, cannot be committed.
-- +goose StatementBegin
CREATE FUNCTION journal_balances(journal TEXT) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(*) FROM postings WHERE journal_id = journal) < 2 THEN
        RAISE EXCEPTION 'journal % has fewer than two postings', journal USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (SELECT 1 FROM postings WHERE journal_id = journal GROUP BY currency HAVING sum(amount) <> 0) THEN
        RAISE EXCEPTION 'journal % does not sum to zero', journal USING ERRCODE = 'check_violation';
    END IF;
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION check_journal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM journal_balances(NEW.id);
    RETURN NULL;
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION check_posting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM journal_balances(NEW.journal_id);
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE CONSTRAINT TRIGGER journals_balance AFTER INSERT ON journals
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_journal();
CREATE CONSTRAINT TRIGGER postings_balance AFTER INSERT ON postings
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_posting();
{{else}}
-- +goose StatementBegin
CREATE TRIGGER journals_no_update BEFORE UPDATE ON journals BEGIN
    SELECT RAISE(ABORT, 'journals is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER journals_no_delete BEFORE DELETE ON journals BEGIN
    SELECT RAISE(ABORT, 'journals is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER postings_no_update BEFORE UPDATE ON postings BEGIN
    SELECT RAISE(ABORT, 'postings is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER postings_no_delete BEFORE DELETE ON postings BEGIN
    SELECT RAISE(ABORT, 'postings is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER seals_no_update BEFORE UPDATE ON seals BEGIN
    SELECT RAISE(ABORT, 'seals is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER seals_no_delete BEFORE DELETE ON seals BEGIN
    SELECT RAISE(ABORT, 'seals is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER sealed_no_update BEFORE UPDATE ON sealed BEGIN
    SELECT RAISE(ABORT, 'sealed is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER sealed_no_delete BEFORE DELETE ON sealed BEGIN
    SELECT RAISE(ABORT, 'sealed is append-only');
END;
-- +goose StatementEnd
{{end}}

-- +goose Down
DROP TABLE sealed;
DROP TABLE seals;
DROP TABLE unsealed;
DROP TABLE postings;
DROP TABLE journals;
DROP TABLE accounts;
{{if .Postgres}}
DROP FUNCTION check_posting();
DROP FUNCTION check_journal();
DROP FUNCTION journal_balances(TEXT);
{{end}}
