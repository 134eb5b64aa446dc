"""The terms of a plan in plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from monitor.plans import timing
from monitor.plans.offers import Scope
from monitor.units import format_size
from monitor.views.plan_phrases import amount

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.plans.offers import Bucket, Tier
    from monitor.plans.terms import Plan
    from monitor.plans.timing import Window

_WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_HOUR_MIN: Final = 60
_ORDINALS: Final = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}
_AFTER: Final = {
    "block": "nothing works",
    "free": "it goes on, free of charge",
    "bill": "it costs",
    "throttle": "it is slow",
}


def terms_text(plan: Plan) -> Iterator[str]:
    """Say what was bought.

    Args:
        plan: the plan.

    Yields:
        A sentence for each term, without a full stop.
    """
    for bucket in plan.buckets:
        yield _bucket(bucket, plan)
    if not plan.buckets:
        yield "no data of its own"
    yield from _times(plan)
    for tier in plan.overage:
        yield _tier(tier)
    if plan.count != "both":
        way = "received" if plan.count == "rx" else "sent"
        yield f"only what is {way} counts"
    if plan.zones.included is not None:
        yield f"good in {', '.join(plan.zones.included) or 'no country'}"
    if plan.rollover is not None:
        cap = plan.rollover.cap_bytes
        most = "" if cap is None else f", at most {format_size(cap)}"
        yield f"what is left goes on for {_many(plan.rollover.cycles, 'cycle')}{most}"
    if plan.gifting.allowed:
        yield "data may be given away"


def _bucket(bucket: Bucket, plan: Plan) -> str:
    size = amount(bucket.bytes)
    often = _every(plan) if bucket.per == "cycle" else "once"
    words = [f"{bucket.id} {size} {often}".strip()]
    if bucket.zero_rated:
        words = [f"{bucket.id} free of charge"]
    if bucket.scope != Scope():
        words.append(scope_text(bucket.scope))
    return ", ".join(words)


def _every(plan: Plan) -> str:
    match plan.cycle:
        case timing.Month(interval=many):
            return "each month" if many == 1 else f"every {many} months"
        case timing.Week():
            return "each week"
        case timing.Day():
            return "each day"
        case timing.CalendarDays(days=days):
            return f"every {_many(days, 'day')}"
        case timing.Elapsed() as length:
            return f"every {_length(length.days, length.hours)}"
        case timing.Whole():
            return ""


def _times(plan: Plan) -> Iterator[str]:
    match plan.cycle:
        case timing.Month() as month if month.billing_day is not None:
            day = month.billing_day
            yield f"begins anew on the {day}{_ORDINALS.get(day, 'th')}"
        case timing.Week(weekday=weekday):
            yield f"begins anew on {_WEEKDAYS[weekday - 1]}"
        case _:
            pass
    validity = plan.validity
    if validity.kind == "elapsed":
        yield f"valid for {_length(validity.days, validity.hours)}"
    elif validity.kind == "days_calendar":
        yield f"valid for {_many(validity.days, 'calendar day')}"


def scope_text(scope: Scope) -> str:
    """What a lot is good for.

    Args:
        scope: what must match.

    Returns:
        Such as "only 22:00-06:00, for com.video"; not escaped.
    """
    parts = []
    if scope.windows is not None:
        parts.append(f"{', '.join(map(_window, scope.windows))}")
    if scope.apps is not None:
        parts.append(f"for {', '.join(scope.apps)}")
    if scope.zones is not None:
        parts.append(f"in {', '.join(scope.zones)}")
    if scope.tethered is not None:
        parts.append("tethered" if scope.tethered else "not tethered")
    if scope.members is not None:
        parts.append(f"for {', '.join(scope.members)}")
    return f"only {', '.join(parts)}"


def _window(window: Window) -> str:
    days = " ".join(_WEEKDAYS[day - 1] for day in window.weekdays)
    start, end = (
        f"{minute // _HOUR_MIN:02}:{minute % _HOUR_MIN:02}"
        for minute in (window.start, window.end)
    )
    return f"{days} {start}-{end}".strip()


def _tier(tier: Tier) -> str:
    upto = "" if tier.upto_bytes is None else f" for {format_size(tier.upto_bytes)}"
    words = f"after it{upto} {_AFTER[tier.behavior]}"
    if tier.kbps is not None:
        words += f": {tier.kbps} kbit/s"
    if tier.behavior == "bill":
        words += f": {tier.price} for each {amount(tier.block_bytes)} begun"
        words += f" + {tier.tax_pct} % tax" if tier.tax_pct else ""
        words += f", at most {tier.max_cost}" if tier.max_cost is not None else ""
    return words


def _length(days: int, hours: int) -> str:
    parts = [_many(days, "day")] if days else []
    parts += [_many(hours, "hour")] if hours else []
    return " ".join(parts) or "no time"


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
