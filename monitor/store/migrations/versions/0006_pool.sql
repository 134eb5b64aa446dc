-- What version 0006 adds to 0005. Frozen: migrations never change.

CREATE TABLE pool_devices (
    device TEXT NOT NULL,
    instance TEXT NOT NULL,
    is_own INTEGER NOT NULL,
    member TEXT NOT NULL,
    revision INTEGER NOT NULL,
    from_s INTEGER NOT NULL,
    through_s INTEGER NOT NULL,
    said_s INTEGER NOT NULL,
    heard_s INTEGER NOT NULL,
    terms TEXT NOT NULL,
    CONSTRAINT pk_pool_devices PRIMARY KEY (device, instance)
) WITHOUT ROWID, STRICT;

CREATE TABLE pool_usage (
    device TEXT NOT NULL,
    instance TEXT NOT NULL,
    "plan" TEXT NOT NULL,
    from_s INTEGER NOT NULL,
    mcc TEXT NOT NULL,
    tethered INTEGER NOT NULL,
    app TEXT NOT NULL,
    member TEXT NOT NULL,
    to_s INTEGER NOT NULL,
    rx_bytes INTEGER NOT NULL,
    tx_bytes INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    CONSTRAINT pk_pool_usage PRIMARY KEY (
        device, instance, "plan", from_s, mcc, tethered, app, member
    )
) WITHOUT ROWID, STRICT;

CREATE TABLE pool_entries (
    id TEXT NOT NULL,
    device TEXT NOT NULL,
    instance TEXT NOT NULL,
    revision INTEGER NOT NULL,
    CONSTRAINT pk_pool_entries PRIMARY KEY (id)
) WITHOUT ROWID, STRICT;
