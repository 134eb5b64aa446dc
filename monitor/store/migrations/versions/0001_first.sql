-- The schema of version 0001. Frozen: migrations never change.

CREATE TABLE meta (
    "key" TEXT NOT NULL,
    value TEXT NOT NULL,
    CONSTRAINT pk_meta PRIMARY KEY ("key")
) WITHOUT ROWID, STRICT;

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
    from_s INTEGER,
    to_s INTEGER,
    CONSTRAINT pk_attachments PRIMARY KEY (attachment_id),
    CONSTRAINT uq_attachments_network
        UNIQUE (network, device, billed, metered, tethered,
            iccid, mcc, roaming)
) STRICT;

CREATE TABLE applications (
    application_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    CONSTRAINT pk_applications PRIMARY KEY (application_id),
    CONSTRAINT uq_applications_name UNIQUE (name, kind)
) STRICT;

CREATE TABLE runs (
    run_id INTEGER NOT NULL,
    boot_id TEXT NOT NULL,
    boot_s INTEGER NOT NULL,
    from_s INTEGER NOT NULL,
    to_s INTEGER NOT NULL,
    tier TEXT NOT NULL,
    version TEXT NOT NULL,
    ended INTEGER NOT NULL,
    CONSTRAINT pk_runs PRIMARY KEY (run_id)
) STRICT;

CREATE TABLE events (
    event_id INTEGER NOT NULL,
    at_s INTEGER NOT NULL,
    kind TEXT NOT NULL,
    detail TEXT NOT NULL,
    CONSTRAINT pk_events PRIMARY KEY (event_id)
) STRICT;

CREATE INDEX ix_events_at ON events (at_s);

CREATE TABLE hours (
    from_s INTEGER NOT NULL,
    to_s INTEGER NOT NULL,
    CONSTRAINT pk_hours PRIMARY KEY (from_s)
) STRICT;

CREATE TABLE days (
    from_s INTEGER NOT NULL,
    to_s INTEGER NOT NULL,
    zone TEXT NOT NULL,
    CONSTRAINT pk_days PRIMARY KEY (from_s)
) STRICT;

CREATE TABLE stale_hours (
    hour_s INTEGER NOT NULL,
    CONSTRAINT pk_stale_hours PRIMARY KEY (hour_s)
) STRICT;

CREATE TABLE stale_days (
    from_s INTEGER NOT NULL,
    CONSTRAINT pk_stale_days PRIMARY KEY (from_s)
) STRICT;

CREATE TABLE device_checkpoints (
    ifindex INTEGER NOT NULL,
    name TEXT NOT NULL,
    rx_bytes INTEGER NOT NULL,
    tx_bytes INTEGER NOT NULL,
    rx_packets INTEGER NOT NULL,
    tx_packets INTEGER NOT NULL,
    CONSTRAINT pk_device_checkpoints PRIMARY KEY (ifindex)
) STRICT;

CREATE TABLE socket_checkpoints (
    start_boottime_ns INTEGER NOT NULL,
    pid INTEGER NOT NULL,
    exec_id INTEGER NOT NULL,
    netns INTEGER NOT NULL,
    ifindex INTEGER NOT NULL,
    born_boottime_ns INTEGER NOT NULL,
    rx_bytes INTEGER NOT NULL,
    tx_bytes INTEGER NOT NULL,
    rx_packets INTEGER NOT NULL,
    tx_packets INTEGER NOT NULL,
    CONSTRAINT pk_socket_checkpoints PRIMARY KEY (start_boottime_ns, pid, exec_id, netns, ifindex)
) WITHOUT ROWID, STRICT;

CREATE TABLE shares (
    share_id INTEGER NOT NULL,
    application_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    app_class TEXT NOT NULL,
    uid INTEGER NOT NULL,
    scope TEXT NOT NULL,
    CONSTRAINT pk_shares PRIMARY KEY (share_id),
    CONSTRAINT uq_shares_application_id
        UNIQUE (application_id, kind, app_class, uid, scope),
    CONSTRAINT fk_shares_application_id
        FOREIGN KEY(application_id)
        REFERENCES applications (application_id)
) STRICT;

CREATE TABLE gaps (
    gap_id INTEGER NOT NULL,
    from_s INTEGER NOT NULL,
    to_s INTEGER NOT NULL,
    run_id INTEGER NOT NULL,
    clean INTEGER NOT NULL,
    same_boot INTEGER NOT NULL,
    CONSTRAINT pk_gaps PRIMARY KEY (gap_id),
    CONSTRAINT fk_gaps_run_id FOREIGN KEY(run_id) REFERENCES runs (run_id)
) STRICT;

CREATE TABLE spans (
    span_id INTEGER NOT NULL,
    from_s INTEGER NOT NULL,
    to_s INTEGER NOT NULL,
    attachment_id INTEGER NOT NULL,
    run_id INTEGER NOT NULL,
    CONSTRAINT pk_spans PRIMARY KEY (span_id),
    CONSTRAINT ck_spans_one_slot
        CHECK (to_s >= from_s AND to_s <= from_s - from_s % 300 + 300),
    CONSTRAINT fk_spans_attachment_id
        FOREIGN KEY(attachment_id)
        REFERENCES attachments (attachment_id),
    CONSTRAINT fk_spans_run_id FOREIGN KEY(run_id) REFERENCES runs (run_id)
) STRICT;

CREATE INDEX ix_spans_from ON spans (from_s, to_s, attachment_id);

CREATE TABLE hours_bill (
    from_s INTEGER NOT NULL,
    attachment_id INTEGER NOT NULL,
    rx_counter_bytes INTEGER NOT NULL,
    tx_counter_bytes INTEGER NOT NULL,
    rx_counter_packets INTEGER NOT NULL,
    tx_counter_packets INTEGER NOT NULL,
    rx_bytes INTEGER NOT NULL,
    tx_bytes INTEGER NOT NULL,
    rx_packets INTEGER NOT NULL,
    tx_packets INTEGER NOT NULL,
    CONSTRAINT pk_hours_bill PRIMARY KEY (from_s, attachment_id),
    CONSTRAINT fk_hours_bill_from_s
        FOREIGN KEY(from_s)
        REFERENCES hours (from_s) ON DELETE CASCADE,
    CONSTRAINT fk_hours_bill_attachment_id
        FOREIGN KEY(attachment_id)
        REFERENCES attachments (attachment_id)
) WITHOUT ROWID, STRICT;

CREATE TABLE days_bill (
    from_s INTEGER NOT NULL,
    attachment_id INTEGER NOT NULL,
    rx_counter_bytes INTEGER NOT NULL,
    tx_counter_bytes INTEGER NOT NULL,
    rx_counter_packets INTEGER NOT NULL,
    tx_counter_packets INTEGER NOT NULL,
    rx_bytes INTEGER NOT NULL,
    tx_bytes INTEGER NOT NULL,
    rx_packets INTEGER NOT NULL,
    tx_packets INTEGER NOT NULL,
    CONSTRAINT pk_days_bill PRIMARY KEY (from_s, attachment_id),
    CONSTRAINT fk_days_bill_from_s
        FOREIGN KEY(from_s)
        REFERENCES days (from_s) ON DELETE CASCADE,
    CONSTRAINT fk_days_bill_attachment_id
        FOREIGN KEY(attachment_id)
        REFERENCES attachments (attachment_id)
) WITHOUT ROWID, STRICT;

CREATE TABLE processes (
    process_id INTEGER NOT NULL,
    boot_id TEXT NOT NULL,
    pid INTEGER NOT NULL,
    start_boottime_ns INTEGER NOT NULL,
    exec_id INTEGER NOT NULL,
    comm_first TEXT NOT NULL,
    comm_last TEXT NOT NULL,
    exe TEXT NOT NULL,
    argv TEXT NOT NULL,
    uid INTEGER NOT NULL,
    ppid INTEGER NOT NULL,
    cgroup TEXT NOT NULL,
    application_id INTEGER NOT NULL,
    CONSTRAINT pk_processes PRIMARY KEY (process_id),
    CONSTRAINT uq_processes_boot_id
        UNIQUE (boot_id, start_boottime_ns, pid, exec_id),
    CONSTRAINT fk_processes_application_id
        FOREIGN KEY(application_id)
        REFERENCES applications (application_id)
) STRICT;

CREATE TABLE bill (
    span_id INTEGER NOT NULL,
    rx_counter_bytes INTEGER NOT NULL,
    tx_counter_bytes INTEGER NOT NULL,
    rx_counter_packets INTEGER NOT NULL,
    tx_counter_packets INTEGER NOT NULL,
    rx_bytes INTEGER NOT NULL,
    tx_bytes INTEGER NOT NULL,
    rx_packets INTEGER NOT NULL,
    tx_packets INTEGER NOT NULL,
    CONSTRAINT pk_bill PRIMARY KEY (span_id),
    CONSTRAINT fk_bill_span_id
        FOREIGN KEY(span_id)
        REFERENCES spans (span_id) ON DELETE CASCADE
) STRICT;

CREATE TABLE explanation (
    span_id INTEGER NOT NULL,
    share_id INTEGER NOT NULL,
    rx_bytes INTEGER NOT NULL,
    tx_bytes INTEGER NOT NULL,
    rx_packets INTEGER NOT NULL,
    tx_packets INTEGER NOT NULL,
    CONSTRAINT pk_explanation PRIMARY KEY (span_id, share_id),
    CONSTRAINT fk_explanation_span_id
        FOREIGN KEY(span_id)
        REFERENCES spans (span_id) ON DELETE CASCADE,
    CONSTRAINT fk_explanation_share_id
        FOREIGN KEY(share_id)
        REFERENCES shares (share_id)
) WITHOUT ROWID, STRICT;

CREATE TABLE hours_explanation (
    from_s INTEGER NOT NULL,
    attachment_id INTEGER NOT NULL,
    share_id INTEGER NOT NULL,
    rx_bytes INTEGER NOT NULL,
    tx_bytes INTEGER NOT NULL,
    rx_packets INTEGER NOT NULL,
    tx_packets INTEGER NOT NULL,
    CONSTRAINT pk_hours_explanation PRIMARY KEY (from_s, attachment_id, share_id),
    CONSTRAINT fk_hours_explanation_from_s
        FOREIGN KEY(from_s)
        REFERENCES hours (from_s) ON DELETE CASCADE,
    CONSTRAINT fk_hours_explanation_attachment_id
        FOREIGN KEY(attachment_id)
        REFERENCES attachments (attachment_id),
    CONSTRAINT fk_hours_explanation_share_id
        FOREIGN KEY(share_id)
        REFERENCES shares (share_id)
) WITHOUT ROWID, STRICT;

CREATE TABLE days_explanation (
    from_s INTEGER NOT NULL,
    attachment_id INTEGER NOT NULL,
    share_id INTEGER NOT NULL,
    rx_bytes INTEGER NOT NULL,
    tx_bytes INTEGER NOT NULL,
    rx_packets INTEGER NOT NULL,
    tx_packets INTEGER NOT NULL,
    CONSTRAINT pk_days_explanation PRIMARY KEY (from_s, attachment_id, share_id),
    CONSTRAINT fk_days_explanation_from_s
        FOREIGN KEY(from_s)
        REFERENCES days (from_s) ON DELETE CASCADE,
    CONSTRAINT fk_days_explanation_attachment_id
        FOREIGN KEY(attachment_id)
        REFERENCES attachments (attachment_id),
    CONSTRAINT fk_days_explanation_share_id
        FOREIGN KEY(share_id)
        REFERENCES shares (share_id)
) WITHOUT ROWID, STRICT;

CREATE TABLE process_hours (
    hour_s INTEGER NOT NULL,
    attachment_id INTEGER NOT NULL,
    process_id INTEGER NOT NULL,
    from_s INTEGER NOT NULL,
    to_s INTEGER NOT NULL,
    rx_bytes INTEGER NOT NULL,
    tx_bytes INTEGER NOT NULL,
    rx_packets INTEGER NOT NULL,
    tx_packets INTEGER NOT NULL,
    CONSTRAINT pk_process_hours PRIMARY KEY (hour_s, attachment_id, process_id),
    CONSTRAINT fk_process_hours_attachment_id
        FOREIGN KEY(attachment_id)
        REFERENCES attachments (attachment_id),
    CONSTRAINT fk_process_hours_process_id
        FOREIGN KEY(process_id)
        REFERENCES processes (process_id)
) WITHOUT ROWID, STRICT;

CREATE INDEX ix_process_hours_process ON process_hours (process_id);

CREATE TABLE unplaced (
    unplaced_id INTEGER NOT NULL,
    boot_id TEXT NOT NULL,
    from_boottime_ns INTEGER NOT NULL,
    to_boottime_ns INTEGER NOT NULL,
    attachment_id INTEGER NOT NULL,
    share_id INTEGER,
    rx_counter_bytes INTEGER NOT NULL,
    tx_counter_bytes INTEGER NOT NULL,
    rx_counter_packets INTEGER NOT NULL,
    tx_counter_packets INTEGER NOT NULL,
    rx_bytes INTEGER NOT NULL,
    tx_bytes INTEGER NOT NULL,
    rx_packets INTEGER NOT NULL,
    tx_packets INTEGER NOT NULL,
    CONSTRAINT pk_unplaced PRIMARY KEY (unplaced_id),
    CONSTRAINT fk_unplaced_attachment_id
        FOREIGN KEY(attachment_id)
        REFERENCES attachments (attachment_id),
    CONSTRAINT fk_unplaced_share_id
        FOREIGN KEY(share_id)
        REFERENCES shares (share_id)
) STRICT;

CREATE INDEX ix_unplaced_boot ON unplaced (boot_id);
