"""What single processes moved, by the hour: the newest part of the store's memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import select

from monitor.store import places
from monitor.store.answers import ProcessUsage
from monitor.store.columns import traffic_of
from monitor.store.history import touches
from monitor.store.planner import HOUR_S
from monitor.store.schema import APPLICATIONS, PROCESS_HOURS, PROCESSES, RUNS
from monitor.store.tiers import within
from monitor.usage import Interval

if TYPE_CHECKING:
    from sqlalchemy import Connection, RowMapping, Select

    from monitor.store.engine import Store
    from monitor.usage import Attachment

_NS_PER_S = 1_000_000_000


def process_hours(store: Store, period: Interval) -> list[Interval]:
    """The hours of which it is known which processes moved something.

    Args:
        store: where.
        period: half-open.

    Returns:
        Clock hours, cut at the edges of the period, in order.

    Raises:
        StoreError: the database cannot be read.
    """
    first_hour_s = period.from_s - period.from_s % HOUR_S
    hours = PROCESS_HOURS.c.hour_s
    wanted = select(hours).where(hours >= first_hour_s, hours < period.to_s)
    with store.read() as connection:
        found = connection.scalars(wanted.distinct().order_by(hours)).all()
    return [
        Interval(max(hour_s, period.from_s), min(hour_s + HOUR_S, period.to_s))
        for hour_s in found
    ]


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
