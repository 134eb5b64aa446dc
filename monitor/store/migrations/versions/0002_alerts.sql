-- What version 0002 adds to 0001. Frozen: migrations never change.

CREATE TABLE alerts (
    alert_id INTEGER NOT NULL,
    "key" TEXT NOT NULL,
    kind TEXT NOT NULL,
    "plan" TEXT NOT NULL,
    application TEXT NOT NULL,
    network TEXT NOT NULL,
    detail TEXT NOT NULL,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    raised_s INTEGER NOT NULL,
    cleared_s INTEGER,
    CONSTRAINT pk_alerts PRIMARY KEY (alert_id)
) STRICT;

CREATE INDEX ix_alerts_key ON alerts ("key");

CREATE TABLE alert_marks (
    "key" TEXT NOT NULL,
    at_s INTEGER NOT NULL,
    CONSTRAINT pk_alert_marks PRIMARY KEY ("key")
) WITHOUT ROWID, STRICT;

CREATE TABLE deliveries (
    alert_id INTEGER NOT NULL,
    way TEXT NOT NULL,
    at_s INTEGER NOT NULL,
    failure TEXT NOT NULL,
    CONSTRAINT pk_deliveries PRIMARY KEY (alert_id, way),
    CONSTRAINT fk_deliveries_alert_id
        FOREIGN KEY (alert_id) REFERENCES alerts (alert_id) ON DELETE CASCADE
) WITHOUT ROWID, STRICT;
