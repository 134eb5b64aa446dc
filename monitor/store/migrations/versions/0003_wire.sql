-- What version 0003 adds to 0002. Frozen: migrations never change.
-- Tables whose key or unique constraint changes are made anew under their old name.

ALTER TABLE attachments RENAME TO attachments_before;

CREATE TABLE attachments (
    attachment_id INTEGER NOT NULL,
    network TEXT NOT NULL,
    device TEXT NOT NULL,
    billed INTEGER NOT NULL,
    metered INTEGER NOT NULL,
    tethered INTEGER NOT NULL,
    iccid TEXT NOT NULL,
    mcc TEXT NOT NULL,
    roaming INTEGER NOT NULL,
    l3_exact INTEGER NOT NULL,
    from_s INTEGER,
    to_s INTEGER,
    CONSTRAINT pk_attachments PRIMARY KEY (attachment_id),
    CONSTRAINT uq_attachments_network
        UNIQUE (network, device, billed, metered, tethered,
            iccid, mcc, roaming, l3_exact)
) STRICT;

INSERT INTO attachments
    SELECT attachment_id, network, device, billed, metered, tethered,
        iccid, mcc, roaming, 0, from_s, to_s
    FROM attachments_before;

DROP TABLE attachments_before;

ALTER TABLE shares RENAME TO shares_before;

CREATE TABLE shares (
    share_id INTEGER NOT NULL,
    application_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    app_class TEXT NOT NULL,
    uid INTEGER NOT NULL,
    scope TEXT NOT NULL,
    via TEXT NOT NULL,
    CONSTRAINT pk_shares PRIMARY KEY (share_id),
    CONSTRAINT uq_shares_application_id
        UNIQUE (application_id, kind, app_class, uid, scope, via),
    CONSTRAINT fk_shares_application_id
        FOREIGN KEY(application_id)
        REFERENCES applications (application_id)
) STRICT;

INSERT INTO shares
    SELECT share_id, application_id, kind, app_class, uid, scope, ''
    FROM shares_before;

DROP TABLE shares_before;

ALTER TABLE socket_checkpoints RENAME TO socket_checkpoints_before;

CREATE TABLE socket_checkpoints (
    start_boottime_ns INTEGER NOT NULL,
    pid INTEGER NOT NULL,
    exec_id INTEGER NOT NULL,
    netns INTEGER NOT NULL,
    ifindex INTEGER NOT NULL,
    is_local INTEGER NOT NULL,
    born_boottime_ns INTEGER NOT NULL,
    rx_bytes INTEGER NOT NULL,
    tx_bytes INTEGER NOT NULL,
    rx_packets INTEGER NOT NULL,
    tx_packets INTEGER NOT NULL,
    CONSTRAINT pk_socket_checkpoints
        PRIMARY KEY (start_boottime_ns, pid, exec_id, netns, ifindex, is_local)
) WITHOUT ROWID, STRICT;

INSERT INTO socket_checkpoints
    SELECT start_boottime_ns, pid, exec_id, netns, ifindex, 0, born_boottime_ns,
        rx_bytes, tx_bytes, rx_packets, tx_packets
    FROM socket_checkpoints_before;

DROP TABLE socket_checkpoints_before;

CREATE TABLE wire_checkpoints (
    ifindex INTEGER NOT NULL,
    tx INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    packets INTEGER NOT NULL,
    skbs INTEGER NOT NULL,
    skb_bytes INTEGER NOT NULL,
    extra_bytes INTEGER NOT NULL,
    local_bytes INTEGER NOT NULL,
    local_packets INTEGER NOT NULL,
    CONSTRAINT pk_wire_checkpoints PRIMARY KEY (ifindex, tx)
) WITHOUT ROWID, STRICT;

CREATE TABLE hop_checkpoints (
    from_ifindex INTEGER NOT NULL,
    to_ifindex INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    packets INTEGER NOT NULL,
    CONSTRAINT pk_hop_checkpoints PRIMARY KEY (from_ifindex, to_ifindex)
) WITHOUT ROWID, STRICT;

CREATE TABLE calibrations (
    device TEXT NOT NULL,
    tx INTEGER NOT NULL,
    header_bytes INTEGER NOT NULL,
    counts_whole INTEGER NOT NULL,
    is_measured INTEGER NOT NULL,
    CONSTRAINT pk_calibrations PRIMARY KEY (device, tx)
) WITHOUT ROWID, STRICT;

CREATE TABLE remote_hours (
    hour_s INTEGER NOT NULL,
    application_id INTEGER NOT NULL,
    remote TEXT NOT NULL,
    rx_bytes INTEGER NOT NULL,
    tx_bytes INTEGER NOT NULL,
    CONSTRAINT pk_remote_hours PRIMARY KEY (hour_s, application_id, remote),
    CONSTRAINT fk_remote_hours_application_id
        FOREIGN KEY(application_id)
        REFERENCES applications (application_id)
) WITHOUT ROWID, STRICT;
