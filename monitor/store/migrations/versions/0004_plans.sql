-- What version 0004 adds to 0003. Frozen: migrations never change.

CREATE TABLE ledger (
    entry_no INTEGER NOT NULL,
    id TEXT NOT NULL,
    ts_s INTEGER NOT NULL,
    kind TEXT NOT NULL,
    "plan" TEXT NOT NULL,
    body TEXT NOT NULL,
    noted_s INTEGER NOT NULL,
    "by" TEXT NOT NULL,
    CONSTRAINT pk_ledger PRIMARY KEY (entry_no),
    CONSTRAINT uq_ledger_id UNIQUE (id)
) STRICT;

CREATE TRIGGER ledger_update BEFORE UPDATE ON ledger
BEGIN SELECT RAISE(ABORT, 'entries of the ledger stay as they are'); END;

CREATE TRIGGER ledger_delete BEFORE DELETE ON ledger
BEGIN SELECT RAISE(ABORT, 'entries of the ledger stay as they are'); END;

CREATE TRIGGER ledger_replace BEFORE INSERT ON ledger
WHEN EXISTS (SELECT 1 FROM ledger WHERE id = NEW.id OR entry_no = NEW.entry_no)
BEGIN SELECT RAISE(ABORT, 'entries of the ledger stay as they are'); END;

CREATE TABLE plan_terms (
    "plan" TEXT NOT NULL,
    from_s INTEGER NOT NULL,
    hash TEXT NOT NULL,
    body TEXT NOT NULL,
    CONSTRAINT pk_plan_terms PRIMARY KEY ("plan", from_s)
) WITHOUT ROWID, STRICT;

CREATE TABLE plan_cycles (
    "plan" TEXT NOT NULL,
    start_s INTEGER NOT NULL,
    end_s INTEGER NOT NULL,
    used_bytes INTEGER NOT NULL,
    terms_hash TEXT NOT NULL,
    CONSTRAINT pk_plan_cycles PRIMARY KEY ("plan", start_s)
) WITHOUT ROWID, STRICT;
