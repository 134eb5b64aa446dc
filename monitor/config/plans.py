"""`[[plan]]` in the configuration: what can be set, within which limits.

What a plan means is in `monitor.plans`; `plans_of` turns one into the other.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING, Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

from msgspec import Struct

from monitor.config.values import Duration, Instant, Moment, Pattern, Quota, Size
from monitor.plans import Calibration, Plan, Validity
from monitor.plans.cycles import calendar_end, instant_of, midnight

if TYPE_CHECKING:
    from collections.abc import Iterator

_HOUR_S: Final = 3600
_DAY_S: Final = 86_400
_LONGEST_S: Final = 3660 * _DAY_S
_LAST_DAY: Final = 31
_LARGEST: Final = 10**18
_MOST_WARNINGS: Final = 20
PLAN_ID: Final = re.compile(r"[a-z0-9-]{1,40}", re.ASCII)


class Match(Struct, frozen=True, forbid_unknown_fields=True):
    """Which traffic a plan pays for.

    Attributes:
        interface: names or shell patterns.
    """

    interface: tuple[Pattern, ...] = ()


class PlanTable(Struct, frozen=True, forbid_unknown_fields=True):
    """One `[[plan]]`; a missing key has its default.

    Attributes:
        id: its name, for commands and messages.
        quota: bytes in each cycle; 0 is no limit.
        every: how often the quota is granted anew.
        billing_day: day of the month; a shorter month takes its last one.
        valid: how long the plan lasts after its start.
        starts_on: the date or instant of its start.
        tz: time zone of its days; empty for the machine's.
        count: which direction costs.
        warn_pct: percents of the quota at which to warn.
        remaining: what the carrier said was left.
        as_of: when it said so.
        match: which traffic it pays for.
    """

    id: str = ""
    quota: Quota = Quota(0)
    every: Literal["month"] | None = None
    billing_day: int | None = None
    valid: Duration | None = None
    starts_on: Moment | None = None
    tz: str = ""
    count: Literal["both", "rx", "tx"] = "both"
    warn_pct: tuple[int, ...] = (50, 80, 95)
    remaining: Size | None = None
    as_of: Instant | None = None
    match: Match = Match()


CHOICES: Final = {"every": '"month"', "count": '"both", "rx" or "tx"'}
"""What is allowed in the keys that take one word of a few."""


class Fault(NamedTuple):
    """A setting that makes no sense.

    Attributes:
        position: which plan, from 0.
        key: dotted, below the plan.
        allowed: to be read after "must be".
    """

    position: int
    key: str
    allowed: str


def first_fault(tables: tuple[PlanTable, ...]) -> Fault | None:
    """The first setting of the plans that makes no sense.

    Args:
        tables: values of the right types.

    Returns:
        None when all plans can be used.
    """
    ids: set[str] = set()
    patterns: dict[Pattern, str] = {}
    for index, table in enumerate(tables):
        for key, allowed in _faults(table):
            return Fault(index, key, allowed)
        if table.id in ids:
            return Fault(index, "id", "another name: one plan has it already")
        ids.add(table.id)
        for pattern in table.match.interface:
            other = patterns.setdefault(pattern, table.id)
            if other != table.id:
                allowed = f"without {pattern}, which the plan {other} matches"
                return Fault(index, "match.interface", allowed)
    return None


def _faults(table: PlanTable) -> Iterator[tuple[str, str]]:
    if not PLAN_ID.fullmatch(table.id):
        yield "id", 'a name of a-z, 0-9 and "-", at most 40'
    if table.quota > _LARGEST:
        yield "quota", 'at most "1000000 TB", or "unlimited"'
    yield from _time_faults(table)
    if not _is_zone(table.tz):
        yield "tz", 'the name of a time zone, such as "Asia/Karachi"'
    if not all(1 <= pct <= 100 for pct in table.warn_pct):  # noqa: PLR2004 - percent
        yield "warn_pct", "percents from 1 to 100"
    if len(table.warn_pct) > _MOST_WARNINGS:
        yield "warn_pct", f"at most {_MOST_WARNINGS} percents"
    yield from _remaining_faults(table)
    if not table.match.interface:
        yield "match.interface", 'one interface or pattern at least, such as ["wwan*"]'


def _time_faults(table: PlanTable) -> Iterator[tuple[str, str]]:
    if table.every is None and table.valid is None:
        yield "every", '"month", unless the plan has a "valid", such as "30 days"'
    if table.every is None and table.billing_day is not None:
        yield "billing_day", 'left out, or beside every = "month"'
    if table.billing_day is not None and not 1 <= table.billing_day <= _LAST_DAY:
        yield "billing_day", f"from 1 to {_LAST_DAY}"
    if table.valid is not None:
        yield from _valid_faults(table, table.valid)


def _valid_faults(table: PlanTable, valid_s: int) -> Iterator[tuple[str, str]]:
    if valid_s % _HOUR_S or not _HOUR_S <= valid_s <= _LONGEST_S:
        yield "valid", 'whole hours or days, from "1 h" to "3660 days"'
    if table.starts_on is None:
        yield "starts_on", 'a date or an instant, because the plan has a "valid"'
    elif not table.starts_on.is_instant and valid_s % _DAY_S:
        yield "valid", 'whole days, unless "starts_on" has a time of day'


def _remaining_faults(table: PlanTable) -> Iterator[tuple[str, str]]:
    if table.remaining is None:
        if table.as_of is not None:
            yield "as_of", 'left out, or beside "remaining"'
        return
    if table.as_of is None:
        yield "as_of", 'the instant at which the carrier said "remaining"'
    if not table.quota:
        yield "remaining", "left out without a quota"
    elif table.remaining > table.quota:
        yield "remaining", "at most the quota"


def _is_zone(name: str) -> bool:
    try:
        return not name or ZoneInfo(name) is not None
    except (KeyError, ValueError, OSError):
        return False


def plans_of(tables: tuple[PlanTable, ...], machine: ZoneInfo) -> tuple[Plan, ...]:
    """The plans that a configuration describes.

    Args:
        tables: checked values.
        machine: the machine's time zone, for plans without one of their own.

    Returns:
        In the same order.
    """
    return tuple(_plan(table, machine) for table in tables)


def _plan(table: PlanTable, machine: ZoneInfo) -> Plan:
    zone = ZoneInfo(table.tz) if table.tz else machine
    said = None
    if table.remaining is not None and table.as_of is not None:
        said = Calibration(_instant(table.as_of, zone), table.remaining)
    return Plan(
        id=table.id,
        interfaces=table.match.interface,
        zone=zone,
        quota_bytes=table.quota or None,
        count=table.count,
        warn_pct=tuple(sorted(set(table.warn_pct))),
        billing_day=(table.billing_day or 1) if table.every else None,
        validity=_validity(table, zone),
        calibration=said,
    )


def _validity(table: PlanTable, zone: ZoneInfo) -> Validity:
    if table.starts_on is None:
        return Validity()
    start_s = _instant(table.starts_on, zone)
    if table.valid is None:
        return Validity(start_s)
    if table.starts_on.is_instant:  # blocks of 24 hours, whatever the clocks do
        return Validity(start_s, start_s + table.valid)
    return Validity(start_s, calendar_end(start_s, table.valid // _DAY_S, zone))


def _instant(moment: str, zone: ZoneInfo) -> int:
    """UTC seconds; a date is its local midnight, a time without offset is local."""
    if "T" not in moment:
        return midnight(date.fromisoformat(moment), zone)
    found = datetime.fromisoformat(moment)
    return instant_of(found, zone) if found.tzinfo is None else int(found.timestamp())
