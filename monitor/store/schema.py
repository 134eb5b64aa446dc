"""What the database keeps: version 0006.

Times are whole UTC seconds (`_s`) or nanoseconds of CLOCK_BOOTTIME (`_boottime_ns`).
Usage stands in three tiers of the same shape, a table of intervals with a bill and an
explanation each: `spans` (at most 5 minutes, never over a 5-minute mark), `hours`
(clock hours of UTC, cut where a day begins inside one) and `days` (local days of the
zone at writing). Every `hours` row is the exact sum of its spans, every `days` row of
its hours. Flags that may be unknown are 1, 0 or -1.

Tables of plans are in `plan_tables`, those of alerts in `alert_tables`, that of
networks in `network_tables`, those of the pool in `pool_tables`. A change here or there
needs a new file in `migrations/versions` and a new `VERSION`.
"""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    select,
)

from monitor.store import (  # noqa: F401 - their tables are of this schema
    alert_tables,
    network_tables,
    plan_tables,
    pool_tables,
)
from monitor.store.columns import (
    FRAMING,
    PASSED,
    WAY,
    Name,
    Words,
    counter_columns,
    integer,
    name_from_outside,
    text,
    traffic_columns,
)
from monitor.store.tables import key, keyed, reference, table

VERSION = "0006"
"""The newest Alembic revision; revisions are ordered as text."""

NO_RUN = 0
"""In place of a run: what was imported was counted by none."""

APPLICATION_ID = 0x6553_494D
"""`eSIM`: in the file's header, so that another program's database is recognised."""

META = keyed("meta", Column("key", Text, primary_key=True), text("value"))

ALEMBIC_VERSION = keyed(
    "alembic_version", Column("version_num", Text, primary_key=True)
)

ATTACHMENTS = table(
    "attachments",
    Column("attachment_id", Integer, primary_key=True),
    name_from_outside("network"),
    name_from_outside("device"),
    integer("billed"),
    integer("metered"),
    integer("tethered"),
    text("iccid"),
    text("mcc"),
    integer("roaming"),
    integer("l3_exact"),
    Column("from_s", Integer),  # empty while all its usage waits for a calendar time
    Column("to_s", Integer),
    UniqueConstraint(
        "network",
        "device",
        "billed",
        "metered",
        "tethered",
        "iccid",
        "mcc",
        "roaming",
        "l3_exact",
    ),
)

APPLICATIONS = table(
    "applications",
    Column("application_id", Integer, primary_key=True),
    name_from_outside("name"),
    text("kind"),
    UniqueConstraint("name", "kind"),
)

# Whose bytes a row of an explanation holds: said once, referred to by millions of rows.
# Application 0 is nobody: SQLite takes NULLs in a unique key for different values.
SHARES = table(
    "shares",
    Column("share_id", Integer, primary_key=True),
    reference("application_id", "applications.application_id"),
    text("kind"),
    text("app_class"),
    integer("uid"),
    text("scope"),
    name_from_outside("via"),
    UniqueConstraint("application_id", "kind", "app_class", "uid", "scope", "via"),
)

RUNS = table(
    "runs",
    Column("run_id", Integer, primary_key=True),
    text("boot_id"),
    integer("boot_s"),
    integer("from_s"),
    integer("to_s"),
    text("tier"),
    text("version"),
    integer("ended"),
)

COUNTED_RUNS = select(RUNS).where(RUNS.c.run_id > NO_RUN)

GAPS = table(
    "gaps",
    Column("gap_id", Integer, primary_key=True),
    integer("from_s"),
    integer("to_s"),
    reference("run_id", "runs.run_id"),
    integer("clean"),
    integer("same_boot"),
)

EVENTS = table(
    "events",
    Column("event_id", Integer, primary_key=True),
    integer("at_s"),
    text("kind"),
    name_from_outside("detail"),
    Index("ix_events_at", "at_s"),
)

SPANS = table(
    "spans",
    Column("span_id", Integer, primary_key=True),
    integer("from_s"),
    integer("to_s"),
    reference("attachment_id", "attachments.attachment_id"),
    reference("run_id", "runs.run_id"),
    CheckConstraint(
        "to_s >= from_s AND to_s <= from_s - from_s % 300 + 300", name="one_slot"
    ),
    Index("ix_spans_from", "from_s", "to_s", "attachment_id"),
)

BILL = table(
    "bill",
    key("span_id", "spans.span_id", cascade=True),
    *counter_columns(),
    *traffic_columns(),
)

EXPLANATION = keyed(
    "explanation",
    key("span_id", "spans.span_id", cascade=True),
    key("share_id", "shares.share_id"),
    *traffic_columns(),
)

HOURS = table("hours", key("from_s"), integer("to_s"))
DAYS = table("days", key("from_s"), integer("to_s"), text("zone"))


def _tier_bill(tier: str) -> Table:
    return keyed(
        f"{tier}_bill",
        key("from_s", f"{tier}.from_s", cascade=True),
        key("attachment_id", "attachments.attachment_id"),
        *counter_columns(),
        *traffic_columns(),
    )


def _tier_explanation(tier: str) -> Table:
    return keyed(
        f"{tier}_explanation",
        key("from_s", f"{tier}.from_s", cascade=True),
        key("attachment_id", "attachments.attachment_id"),
        key("share_id", "shares.share_id"),
        *traffic_columns(),
    )


HOURS_BILL = _tier_bill("hours")
HOURS_EXPLANATION = _tier_explanation("hours")
DAYS_BILL = _tier_bill("days")
DAYS_EXPLANATION = _tier_explanation("days")

# Marks: clock hours whose spans changed since they were summed, and rows of `hours`
# (by their from_s) that changed since their day was summed.
STALE_HOURS = table("stale_hours", key("hour_s"))
STALE_DAYS = table("stale_days", key("from_s"))

PROCESSES = table(
    "processes",
    Column("process_id", Integer, primary_key=True),
    text("boot_id"),
    integer("pid"),
    integer("start_boottime_ns"),
    integer("exec_id"),
    name_from_outside("comm_first"),
    name_from_outside("comm_last"),
    name_from_outside("exe"),
    Column("argv", Words, nullable=False),
    integer("uid"),
    integer("ppid"),
    name_from_outside("cgroup"),
    reference("application_id", "applications.application_id"),
    UniqueConstraint("boot_id", "start_boottime_ns", "pid", "exec_id"),
)

PROCESS_HOURS = keyed(
    "process_hours",
    key("hour_s"),
    key("attachment_id", "attachments.attachment_id"),
    key("process_id", "processes.process_id"),
    integer("from_s"),
    integer("to_s"),
    *traffic_columns(),
    Index("ix_process_hours_process", "process_id"),
)

UNPLACED = table(
    "unplaced",
    Column("unplaced_id", Integer, primary_key=True),
    text("boot_id"),
    integer("from_boottime_ns"),
    integer("to_boottime_ns"),
    reference("attachment_id", "attachments.attachment_id"),
    reference("share_id", "shares.share_id", nullable=True),
    *counter_columns(),
    *traffic_columns(),
    Index("ix_unplaced_boot", "boot_id"),
)

DEVICE_CHECKPOINTS = table(
    "device_checkpoints",
    key("ifindex"),
    name_from_outside("name"),
    *traffic_columns(),
)

SOCKET_CHECKPOINTS = keyed(
    "socket_checkpoints",
    key("start_boottime_ns"),
    key("pid"),
    key("exec_id"),
    key("netns"),
    key("ifindex"),
    key("is_local"),
    integer("born_boottime_ns"),
    *traffic_columns(),
)

# What the devices and the paths between them had moved, as the kernel map says.
WIRE_CHECKPOINTS = keyed(
    "wire_checkpoints", key("ifindex"), key("tx"), *map(integer, WAY)
)

HOP_CHECKPOINTS = keyed(
    "hop_checkpoints", key("from_ifindex"), key("to_ifindex"), *map(integer, PASSED)
)

# How the driver of a device counts, a row for each direction.
CALIBRATIONS = keyed(
    "calibrations",
    Column("device", Name, primary_key=True),
    key("tx"),
    *map(integer, FRAMING),
)

# Networks at the other end, by clock hour of UTC; a day of them is kept.
REMOTE_HOURS = keyed(
    "remote_hours",
    key("hour_s"),
    key("application_id", "applications.application_id"),
    Column("remote", Text, primary_key=True),
    integer("rx_bytes"),
    integer("tx_bytes"),
)
