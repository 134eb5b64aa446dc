"""What must fit together in the table of one plan, and of all plans."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple
from zoneinfo import ZoneInfo

from monitor.config.plans import PLAN_ID

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from monitor.config.plans import PlanTable
    from monitor.config.times import Length

    Faults = Iterator[tuple[str, str]]

_HOUR_S: Final = 3600
_DAY_H: Final = 24
_LARGEST: Final = 10**18
_LONGEST_S: Final = 3660 * 86_400
_MOST: Final = 20
_MOST_PARTS: Final = 200
_MATCHES: Final = (
    ("iccid", 'one SIM profile at least, such as ["8992000000000000001"]'),
    ("uuid", "the UUID of one connection at least"),
    ("ssid", 'one Wi-Fi network at least, such as ["Phone"]'),
    ("tether", 'true, or one way or maker at least, such as ["usb"]'),
    ("interface", 'one interface or pattern at least, such as ["wwan*"]'),
)
_LISTS: Final = ("bucket", "buckets", "cap", "caps", "member", "members")
_MAIN: Final = "main"
_BEGIN: Final = (
    'a date or an instant, because the plan has a "valid"; or an event such as '
    '"first_use"'
)
_PAIRS: Final = (
    # One thing, said twice: the short key, and the full one.
    *(("every", "cycle"), ("billing_day", "cycle"), ("weekday", "cycle")),
    *(("month_end", "cycle"), ("valid", "validity"), ("starts_on", "validity")),
    *(("activate_by", "validity"), ("on_deadline", "validity"), ("iccid", "line")),
    *(("after", "overage"), ("kbps", "overage"), ("block", "overage")),
    *(("price", "overage"), ("tax_pct", "overage"), ("max_cost", "overage")),
    *(("bucket", "buckets"), ("cap", "caps"), ("member", "members")),
    *(("countries", "zones"), ("warn_pct", "alerts.warn_pct")),
    *(("remind", "alerts.remind_before_h"), ("budget_day", "alerts.budget_day")),
    *(("rapid", "alerts.rapid"), ("background", "alerts.background")),
)


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


def first_fault(tables: Iterable[PlanTable]) -> Fault | None:
    """The first setting of the plans that makes no sense.

    Args:
        tables: values of the right types.

    Returns:
        None when all plans can be used.
    """
    ids: set[str] = set()
    for index, table in enumerate(tables):
        for key, allowed in table_faults(table):
            return Fault(index, key, allowed)
        if table.id in ids:
            return Fault(index, "id", "another name: one plan has it already")
        ids.add(table.id)
    return None


def table_faults(table: PlanTable) -> Faults:
    """What makes no sense in one plan by itself.

    Args:
        table: values of the right types.

    Yields:
        A dotted key, and what is allowed there.
    """
    if not PLAN_ID.fullmatch(table.id):
        yield "id", 'a name of a-z, 0-9 and "-", at most 40'
    if not _is_zone(table.tz):
        yield "tz", 'the name of a time zone, such as "Asia/Karachi"'
    yield from _said_twice(table)
    yield from _quota_faults(table)
    yield from _size_faults(table)
    yield from _cycle_faults(table)
    yield from _validity_faults(table)
    yield from _overage_faults(table)
    yield from _alert_faults(table)
    yield from _remaining_faults(table)
    yield from _match_faults(table)


def _said_twice(table: PlanTable) -> Faults:
    for short, full in _PAIRS:
        first, _, second = full.partition(".")
        value = getattr(table, first)
        if second and value is not None:
            value = getattr(value, second)
        unset = (None, False, ()) if second else (None, False)
        if getattr(table, short) not in (None, False) and value not in unset:
            yield short, f'left out, because "{full}" says the same in full'
    if table.reset_time is not None and table.cycle is not None is not table.validity:
        yield "reset_time", 'left out, because "cycle" and "validity" have their own'
    for index, bucket in enumerate(table.all_buckets):
        if bucket.id == _MAIN and table.quota is not None:
            key = "bucket" if table.bucket else "buckets"
            yield f"{key}[{index}].id", 'another name: "quota" makes the bucket main'


def _quota_faults(table: PlanTable) -> Faults:
    if (table.quota or 0) > _LARGEST:
        yield "quota", 'at most "1000000 TB", or "unlimited"'


def _size_faults(table: PlanTable) -> Faults:
    for key in ("bind", *_LISTS):
        if len(getattr(table, key) or ()) > _MOST_PARTS:
            yield key, f"at most {_MOST_PARTS} of them"


def _cycle_faults(table: PlanTable) -> Faults:
    every = table.every
    has_time = table.valid is not None or table.validity is not None
    if every is None and table.cycle is None and not has_time:
        yield "every", '"month", unless the plan has a "valid", such as "30 days"'
    is_of_months = every is not None and every.months is not None
    for key, is_fitting, wanted in (
        ("billing_day", is_of_months, 'every = "month"'),
        ("month_end", is_of_months, 'every = "month"'),
        ("weekday", every == "week", 'every = "week"'),
    ):
        if getattr(table, key) is not None and not is_fitting:
            yield key, f"left out, or beside {wanted}"
    begins = _has_begin(table)
    if every is not None and every.length is not None and not begins:
        yield "starts_on", f'given, because "{every}" are counted from there'
    if every is not None and (every.months or 1) > 1 and _first_day(table) is None:
        yield "starts_on", f'a date or an instant, because "{every}" count from there'


def _first_day(table: PlanTable) -> str | None:
    begin = table.starts_on
    return None if begin is None or begin.is_event else begin


def _has_begin(table: PlanTable) -> bool:
    if table.activated_at is not None or table.starts_on is not None:
        return True
    full = table.validity
    return full is not None and (full.start is not None or full.starts_on != "fixed")


def _validity_faults(table: PlanTable) -> Faults:
    if table.valid is not None:
        yield from _valid_faults(table, table.valid)
    if table.on_deadline is not None and table.activate_by is None:
        yield "on_deadline", 'left out, or beside "activate_by"'
    by = table.activate_by
    if by is not None and by.days is not None and table.purchased_at is None:
        yield "purchased_at", 'given, because "activate_by" counts days from there'


def _valid_faults(table: PlanTable, valid: Length) -> Faults:
    if table.starts_on is None:
        if table.activated_at is None:
            yield "starts_on", _BEGIN
    elif table.starts_on.is_date and valid.hours % _DAY_H:
        yield "valid", 'whole days, unless "starts_on" has a time of day'


def _overage_faults(table: PlanTable) -> Faults:
    for key, wanted in (
        *(("kbps", "throttle"), ("block", "bill"), ("price", "bill")),
        *(("tax_pct", "bill"), ("max_cost", "bill")),
    ):
        if getattr(table, key) is not None and table.after != wanted:
            yield key, f'left out, or beside after = "{wanted}"'
    if table.after == "bill" and not table.block:
        yield "block", 'a size such as "1 GB", because "after" is "bill"'
    if table.after == "bill" and table.price is None:
        yield "price", 'the price of a block, such as "10.00"'


def _alert_faults(table: PlanTable) -> Faults:
    if len(table.warn_pct or ()) > _MOST:
        yield "warn_pct", f"at most {_MOST} percents"
    if len(table.remind or ()) > _MOST:
        yield "remind", f"at most {_MOST} times"
    for index, before_s in enumerate(table.remind or ()):
        if before_s % _HOUR_S or not _HOUR_S <= before_s <= _LONGEST_S:
            yield f"remind[{index}]", 'whole hours or days, from "1 h" to "3660 days"'


def _remaining_faults(table: PlanTable) -> Faults:
    if table.remaining is None:
        if table.as_of is not None:
            yield "as_of", 'left out, or beside "remaining"'
        return
    if table.as_of is None:
        yield "as_of", 'the instant at which the carrier said "remaining"'
    if not table.quota:
        is_limited = table.quota is None and table.all_buckets
        if not is_limited:
            yield "remaining", "left out without a quota"
    elif table.remaining > table.quota:
        yield "remaining", "at most the quota"


def _match_faults(table: PlanTable) -> Faults:
    for key, one in _MATCHES:
        found = getattr(table.match, key)
        if found == ():
            yield f"match.{key}", one
        elif isinstance(found, tuple) and len(found) > _MOST_PARTS:
            yield f"match.{key}", f"at most {_MOST_PARTS} of them"


def _is_zone(name: str) -> bool:
    try:
        return not name or ZoneInfo(name) is not None
    except (KeyError, ValueError, OSError):
        return False
