"""What the database keeps: version 0003.

Times are whole UTC seconds (`_s`) or nanoseconds of CLOCK_BOOTTIME (`_boottime_ns`).
Usage stands in three tiers of the same shape, a table of intervals with a bill and an
explanation each: `spans` (at most 5 minutes, never over a 5-minute mark), `hours`
(clock hours of UTC, cut where a day begins inside one) and `days` (local days of the
zone at writing). Every `hours` row is the exact sum of its spans, every `days` row of
its hours. Flags that may be unknown are 1, 0 or -1.

A change here needs a new file in `migrations/versions` and a new `VERSION`.
"""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
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

VERSION = "0003"
"""The newest Alembic revision; revisions are ordered as text."""

APPLICATION_ID = 0x6553_494D
"""`eSIM`: in the file's header, so that another program's database is recognised."""

METADATA = MetaData(
    # Later migrations can only change constraints that have a name.
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _table(name: str, *items: Column[int] | Column[str] | Index | object) -> Table:
    """A table whose key is an integer of its own."""
    return Table(name, METADATA, *items, sqlite_strict=True)  # type: ignore[arg-type]  # columns, constraints and indexes have no public common type


def _keyed(name: str, *items: Column[int] | Column[str] | object) -> Table:
    """A table whose key is the row: no second b-tree for a rowid."""
    return Table(name, METADATA, *items, sqlite_strict=True, sqlite_with_rowid=False)  # type: ignore[arg-type]  # as above


def _key(name: str, parent: str = "", *, cascade: bool = False) -> Column[int]:
    """A part of the primary key, referring to `parent` if there is one."""
    on_delete = "CASCADE" if cascade else None
    parents = [ForeignKey(parent, ondelete=on_delete)] if parent else []
    return Column(name, Integer, *parents, primary_key=True, autoincrement=False)


def _reference(name: str, parent: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, Integer, ForeignKey(parent), nullable=nullable)


META = _keyed("meta", Column("key", Text, primary_key=True), text("value"))

ALEMBIC_VERSION = _keyed(
    "alembic_version", Column("version_num", Text, primary_key=True)
)

ATTACHMENTS = _table(
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

APPLICATIONS = _table(
    "applications",
    Column("application_id", Integer, primary_key=True),
    name_from_outside("name"),
    text("kind"),
    UniqueConstraint("name", "kind"),
)

# Whose bytes a row of an explanation holds: said once, referred to by millions of rows.
# Application 0 is nobody: SQLite takes NULLs in a unique key for different values.
SHARES = _table(
    "shares",
    Column("share_id", Integer, primary_key=True),
    _reference("application_id", "applications.application_id"),
    text("kind"),
    text("app_class"),
    integer("uid"),
    text("scope"),
    name_from_outside("via"),
    UniqueConstraint("application_id", "kind", "app_class", "uid", "scope", "via"),
)

RUNS = _table(
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

GAPS = _table(
    "gaps",
    Column("gap_id", Integer, primary_key=True),
    integer("from_s"),
    integer("to_s"),
    _reference("run_id", "runs.run_id"),
    integer("clean"),
    integer("same_boot"),
)

EVENTS = _table(
    "events",
    Column("event_id", Integer, primary_key=True),
    integer("at_s"),
    text("kind"),
    name_from_outside("detail"),
    Index("ix_events_at", "at_s"),
)

SPANS = _table(
    "spans",
    Column("span_id", Integer, primary_key=True),
    integer("from_s"),
    integer("to_s"),
    _reference("attachment_id", "attachments.attachment_id"),
    _reference("run_id", "runs.run_id"),
    CheckConstraint(
        "to_s >= from_s AND to_s <= from_s - from_s % 300 + 300", name="one_slot"
    ),
    Index("ix_spans_from", "from_s", "to_s", "attachment_id"),
)

BILL = _table(
    "bill",
    _key("span_id", "spans.span_id", cascade=True),
    *counter_columns(),
    *traffic_columns(),
)

EXPLANATION = _keyed(
    "explanation",
    _key("span_id", "spans.span_id", cascade=True),
    _key("share_id", "shares.share_id"),
    *traffic_columns(),
)

HOURS = _table("hours", _key("from_s"), integer("to_s"))
DAYS = _table("days", _key("from_s"), integer("to_s"), text("zone"))


def _tier_bill(tier: str) -> Table:
    return _keyed(
        f"{tier}_bill",
        _key("from_s", f"{tier}.from_s", cascade=True),
        _key("attachment_id", "attachments.attachment_id"),
        *counter_columns(),
        *traffic_columns(),
    )


def _tier_explanation(tier: str) -> Table:
    return _keyed(
        f"{tier}_explanation",
        _key("from_s", f"{tier}.from_s", cascade=True),
        _key("attachment_id", "attachments.attachment_id"),
        _key("share_id", "shares.share_id"),
        *traffic_columns(),
    )


HOURS_BILL = _tier_bill("hours")
HOURS_EXPLANATION = _tier_explanation("hours")
DAYS_BILL = _tier_bill("days")
DAYS_EXPLANATION = _tier_explanation("days")

# Marks: clock hours whose spans changed since they were summed, and rows of `hours`
# (by their from_s) that changed since their day was summed.
STALE_HOURS = _table("stale_hours", _key("hour_s"))
STALE_DAYS = _table("stale_days", _key("from_s"))

PROCESSES = _table(
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
    _reference("application_id", "applications.application_id"),
    UniqueConstraint("boot_id", "start_boottime_ns", "pid", "exec_id"),
)

PROCESS_HOURS = _keyed(
    "process_hours",
    _key("hour_s"),
    _key("attachment_id", "attachments.attachment_id"),
    _key("process_id", "processes.process_id"),
    integer("from_s"),
    integer("to_s"),
    *traffic_columns(),
    Index("ix_process_hours_process", "process_id"),
)

UNPLACED = _table(
    "unplaced",
    Column("unplaced_id", Integer, primary_key=True),
    text("boot_id"),
    integer("from_boottime_ns"),
    integer("to_boottime_ns"),
    _reference("attachment_id", "attachments.attachment_id"),
    _reference("share_id", "shares.share_id", nullable=True),
    *counter_columns(),
    *traffic_columns(),
    Index("ix_unplaced_boot", "boot_id"),
)

DEVICE_CHECKPOINTS = _table(
    "device_checkpoints",
    _key("ifindex"),
    name_from_outside("name"),
    *traffic_columns(),
)

SOCKET_CHECKPOINTS = _keyed(
    "socket_checkpoints",
    _key("start_boottime_ns"),
    _key("pid"),
    _key("exec_id"),
    _key("netns"),
    _key("ifindex"),
    _key("is_local"),
    integer("born_boottime_ns"),
    *traffic_columns(),
)

# What the devices and the paths between them had moved, as the kernel map says.
WIRE_CHECKPOINTS = _keyed(
    "wire_checkpoints", _key("ifindex"), _key("tx"), *map(integer, WAY)
)

HOP_CHECKPOINTS = _keyed(
    "hop_checkpoints", _key("from_ifindex"), _key("to_ifindex"), *map(integer, PASSED)
)

# How the driver of a device counts, a row for each direction.
CALIBRATIONS = _keyed(
    "calibrations",
    Column("device", Name, primary_key=True),
    _key("tx"),
    *map(integer, FRAMING),
)

# Networks at the other end, by clock hour of UTC; a day of them is kept.
REMOTE_HOURS = _keyed(
    "remote_hours",
    _key("hour_s"),
    _key("application_id", "applications.application_id"),
    Column("remote", Text, primary_key=True),
    integer("rx_bytes"),
    integer("tx_bytes"),
)

# An alert for each occasion on which a condition began to hold.
ALERTS = _table(
    "alerts",
    Column("alert_id", Integer, primary_key=True),
    name_from_outside("key"),
    text("kind"),
    text("plan"),
    name_from_outside("application"),
    name_from_outside("network"),
    name_from_outside("detail"),
    name_from_outside("title"),
    name_from_outside("body"),
    integer("raised_s"),
    Column("cleared_s", Integer),  # empty while the condition holds
    Index("ix_alerts_key", "key"),
)

# What is not told again, by the key of an alert, with the second at which it was.
ALERT_MARKS = _keyed(
    "alert_marks", Column("key", Name, primary_key=True), integer("at_s")
)

# By way: the first time it was told, or why it was not.
DELIVERIES = _keyed(
    "deliveries",
    _key("alert_id", "alerts.alert_id", cascade=True),
    Column("way", Text, primary_key=True),
    integer("at_s"),
    name_from_outside("failure"),
)
