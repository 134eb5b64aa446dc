-- What version 0005 adds to 0004. Frozen: migrations never change.

CREATE TABLE networks (
    "key" TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    metered INTEGER NOT NULL,
    metered_by TEXT NOT NULL,
    uuid TEXT NOT NULL,
    ssid BLOB NOT NULL,
    tether TEXT NOT NULL,
    iccid TEXT NOT NULL,
    eid TEXT NOT NULL,
    operator_code TEXT NOT NULL,
    operator_name TEXT NOT NULL,
    mcc TEXT NOT NULL,
    roaming INTEGER NOT NULL,
    label TEXT NOT NULL,
    CONSTRAINT pk_networks PRIMARY KEY ("key")
) WITHOUT ROWID, STRICT;
