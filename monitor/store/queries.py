"""What was recorded, as values: the one way out of the store.

All of it reads only. Periods are half-open; a stored row that straddles the edge of a
period is cut in proportion to time, so that periods side by side add up to the byte.
The queries of one read-only store see one snapshot.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from monitor.attribution import Attributed
from monitor.store import places
from monitor.store.answers import ExplanationRow, Gap, InterfaceBill, ProcessUsage, Run
from monitor.store.batch import Event
from monitor.store.columns import traffic_of
from monitor.store.history import events, gaps, last_run, recorded, runs, touches
from monitor.store.ids import NOBODY
from monitor.store.planner import HOUR_S
from monitor.store.schema import (
    APPLICATIONS,
    ATTACHMENTS,
    PROCESS_HOURS,
    PROCESSES,
    RUNS,
    SHARES,
)
from monitor.store.series import bills_of_parts
from monitor.store.tiers import bills_of, shares_of, within
from monitor.usage import Application, Bill, Interval, Share, Traffic

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection, RowMapping, Select

    from monitor.store.engine import Store
    from monitor.usage import Attachment

__all__ = [
    "Event",
    "ExplanationRow",
    "Gap",
    "InterfaceBill",
    "ProcessUsage",
    "Run",
    "events",
    "explanation",
    "gaps",
    "interface_bills",
    "interface_bills_of",
    "last_run",
    "process_usage",
    "recorded",
    "runs",
    "spent",
]

_EXACT = select(ATTACHMENTS.c.attachment_id).where(ATTACHMENTS.c.l3_exact == 1)
_LOOK_UP = 500  # ids in one query: far below SQLite's limit of parameters
_NS_PER_S = 1_000_000_000


def interface_bills(store: Store, period: Interval) -> list[InterfaceBill]:
    """The bill of a period.

    Args:
        store: where.
        period: half-open.

    Returns:
        One row for each interface, network and whether it is billed, in that order;
        more where it had another SIM or rule of tethering.

    Raises:
        StoreError: the database cannot be read.
    """
    with store.read() as connection:
        bills = bills_of(connection, period)
        return _placed(bills, _Where.read(connection))


def interface_bills_of(
    store: Store, parts: Sequence[Interval]
) -> list[list[InterfaceBill]]:
    """The bill of each part of a period: `interface_bills` of each, but at once.

    Args:
        store: where.
        parts: half-open, disjoint, in order.

    Returns:
        One list for each part, in the same order.

    Raises:
        StoreError: the database cannot be read.
    """
    with store.read() as connection:
        where = _Where.read(connection)
        found = bills_of_parts(connection, parts)
        return [_placed(bills, where) for bills in found]


class _Where(NamedTuple):
    """Places by attachment, and which attachments were counted exactly."""

    found_at: Mapping[int, Attachment]
    exact: frozenset[int]

    @classmethod
    def read(cls, connection: Connection) -> _Where:
        exact = frozenset(connection.scalars(_EXACT))
        return cls(places.places(connection), exact)


def _placed(bills: Mapping[int, Bill], where: _Where) -> list[InterfaceBill]:
    found_at, exact = where
    found: dict[Attachment, Bill] = {}
    estimated: Counter[Attachment] = Counter()
    for attachment_id, bill in bills.items():
        place = found_at[attachment_id]
        found[place] = found.get(place, Bill(Traffic(), Traffic())) + bill
        if attachment_id not in exact:
            estimated[place] += bill.l3.bytes
    return [
        InterfaceBill(place, bill.counter, bill.l3, estimated[place])
        for place, bill in sorted(found.items(), key=lambda pair: places.order(pair[0]))
    ]


def explanation(store: Store, period: Interval) -> list[ExplanationRow]:
    """Whose bytes they were.

    Args:
        store: where.
        period: half-open.

    Returns:
        One row for each share and place; the largest first.

    Raises:
        StoreError: the database cannot be read.
    """
    with store.read() as connection:
        amounts = shares_of(connection, period)
        found_at = places.places(connection)
        shares = _shares(connection, {share_id for _, share_id in amounts})
    found: dict[ExplanationRow, Traffic] = {}
    for (attachment_id, share_id), traffic in amounts.items():
        share = shares[share_id]
        owned = share["application_id"] != NOBODY
        row = ExplanationRow(
            where=found_at[attachment_id],
            application=share["name"] if owned else None,
            app_kind=share["app_kind"],
            share_kind=share["kind"],
            app_class=share["app_class"],
            uid=share["uid"],
            scope=share["scope"],
            via=share["via"],
            traffic=Traffic(),
        )
        found[row] = found.get(row, Traffic()) + traffic
    rows = [replace(row, traffic=traffic) for row, traffic in found.items()]
    return sorted(
        rows, key=lambda row: (-row.traffic.bytes, row.application or "", row.interface)
    )


def spent(store: Store, period: Interval) -> list[Attributed]:
    """Whose bytes they were, and what was known then of where they cost.

    Args:
        store: where.
        period: half-open.

    Returns:
        One row for each share and attachment that an application has; no processes.

    Raises:
        StoreError: the database cannot be read.
    """
    with store.read() as connection:
        amounts = shares_of(connection, period)
        found_at = places.attachments(connection)
        shares = _shares(connection, {share_id for _, share_id in amounts})
    found = []
    for (attachment_id, share_id), traffic in amounts.items():
        of = shares[share_id]
        if of["application_id"] != NOBODY:
            application = Application(of["name"], of["app_kind"])
            share = Share(application, of["kind"], of["app_class"], scope=of["scope"])
            row = Attributed(found_at[attachment_id], share, None, traffic)
            found.append(row)
    return found


def process_usage(store: Store, period: Interval) -> list[ProcessUsage]:
    """What each process moved, as long as rows of processes are kept.

    Args:
        store: where.
        period: half-open.

    Returns:
        One row for each process and place; the largest first.

    Raises:
        StoreError: the database cannot be read.
    """
    found: dict[tuple[object, ...], ProcessUsage] = {}
    with store.read() as connection:
        found_at = places.places(connection)
        boots = _boots(connection)
        for row in connection.execute(_process_rows(period)).mappings():
            place = found_at[row["attachment_id"]]
            usage = _usage_in(row, period, place, boots.get(row["boot_id"]))
            key = (row["process_id"], place)
            before = found.get(key)
            found[key] = usage if before is None else _together(before, usage)
    return sorted(
        found.values(), key=lambda usage: (-usage.traffic.bytes, usage.pid, usage.comm)
    )


def _process_rows(period: Interval) -> Select[*tuple[object, ...]]:
    first_hour_s = period.from_s - period.from_s % HOUR_S
    return (
        select(PROCESS_HOURS, PROCESSES, APPLICATIONS.c.name)
        .select_from(PROCESS_HOURS.join(PROCESSES).join(APPLICATIONS))
        .where(
            PROCESS_HOURS.c.hour_s >= first_hour_s,
            PROCESS_HOURS.c.hour_s < period.to_s,
            touches(PROCESS_HOURS.c.from_s, PROCESS_HOURS.c.to_s, period),
        )
    )


def _usage_in(
    row: RowMapping,
    period: Interval,
    place: Attachment,
    boot_s: int | None,
) -> ProcessUsage:
    """The part of an hour of a process that lies in the period."""
    hour = Interval(row["from_s"], row["to_s"])
    when, traffic = within(traffic_of(row), hour, period)
    return ProcessUsage(
        where=place,
        pid=row["pid"],
        started_s=None
        if boot_s is None
        else boot_s + row["start_boottime_ns"] // _NS_PER_S,
        comm=row["comm_last"],
        exe=row["exe"],
        argv=row["argv"],
        uid=row["uid"],
        application=row["name"],
        traffic=traffic,
        interval=when,
    )


def _together(one: ProcessUsage, other: ProcessUsage) -> ProcessUsage:
    """Two hours, or two attachments of one network, of one process."""
    return replace(
        one,
        traffic=one.traffic + other.traffic,
        interval=Interval(
            min(one.interval.from_s, other.interval.from_s),
            max(one.interval.to_s, other.interval.to_s),
        ),
    )


def _boots(connection: Connection) -> dict[str, int]:
    """When boottime was 0, by boot, as its newest run knew it."""
    wanted = select(RUNS.c.boot_id, RUNS.c.boot_s).order_by(RUNS.c.run_id)
    return {row.boot_id: row.boot_s for row in connection.execute(wanted)}


def _shares(connection: Connection, share_ids: Iterable[int]) -> dict[int, RowMapping]:
    """Shares with the name and the kind of their application."""
    ids = sorted(share_ids)
    joined = SHARES.join(APPLICATIONS)
    wanted = select(
        SHARES, APPLICATIONS.c.name, APPLICATIONS.c.kind.label("app_kind")
    ).select_from(joined)
    found: dict[int, RowMapping] = {}
    for start in range(0, len(ids), _LOOK_UP):
        these = SHARES.c.share_id.in_(ids[start : start + _LOOK_UP])
        rows = connection.execute(wanted.where(these)).mappings()
        found |= {row["share_id"]: row for row in rows}
    return found
