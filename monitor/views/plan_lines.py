"""What a plan is in one line, for whoever has just written it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.escapes import visible
from monitor.moments import Clocks
from monitor.plans.activation import validity_end
from monitor.plans.localtime import NEVER
from monitor.plans.naming import network_words
from monitor.plans.timing import CalendarDays, Day, Elapsed, Month, Week, Whole
from monitor.views.plan_phrases import amount

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from monitor.config.contracts import Configured
    from monitor.plans.offers import Bucket
    from monitor.plans.payers import Bindings
    from monitor.plans.terms import Plan
    from monitor.plans.timing import Window

_DAY_H: Final = 24
_HOUR_S: Final = 3600
_SHORTEST_MONTH: Final = 28
_WEEKDAYS: Final = (
    *("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
)
_EVENTS: Final = {
    "first_use": "first use",
    "first_attach": "the first network",
    "purchase": "the purchase",
    "install": "the installation",
    "fixed": "its activation",
}


class Viewer(NamedTuple):
    """Who reads, and when.

    Attributes:
        zone: of the reader's clock.
        now_s: UTC second; a year is written where it is not this one.
    """

    zone: ZoneInfo
    now_s: int

    def clocks(self, plan: ZoneInfo) -> Clocks:
        """What clocks this reader looks at.

        Args:
            plan: the plan's zone.
        """
        return Clocks(plan, self.zone, self.now_s)


def plan_line(configured: Configured, viewer: Viewer) -> str:
    """A plan with what it gives, when, and where.

    Args:
        configured: the plan.
        viewer: who reads.

    Returns:
        Sentences on one line; names are escaped.
    """
    plan = configured.plan
    parts = [quota_text(plan), *times_text(plan, viewer)]
    line = f"{plan.id}: {', '.join(parts)}."
    for bucket in plan.buckets:
        if bucket.id != "main":
            line += f" {_more(bucket)}."
    bound = when_bound(configured, viewer)
    where = f" On {', '.join(bound)}." if bound else ""
    return visible(line + where)


def quota_text(plan: Plan) -> str:
    """How much the plan gives in a cycle, apart from what has conditions.

    Args:
        plan: the plan.
    """
    main = [each for each in plan.buckets if each.id == "main"] or plan.buckets[:1]
    return amount(main[0].bytes) if main else "no data of its own"


def bound_to(bindings: Bindings) -> list[str]:
    """Which interfaces a plan pays for, each once.

    Args:
        bindings: of the plan.

    Returns:
        Names, then patterns.
    """
    names = [bind.iface for bind in bindings.binds]
    names += [wide.pattern for wide in bindings.wides]
    return list(dict.fromkeys(names))


def when_bound(configured: Configured, viewer: Viewer) -> list[str]:
    """Networks and interfaces, such as "wwan0 from 10 Jun 11:00 PKT".

    Args:
        configured: the plan.
        viewer: who reads.

    Returns:
        One text each.
    """
    clocks, bindings = viewer.clocks(configured.plan.tz), configured.bindings
    found = network_words(bindings.matches, bindings.lines)
    for bind in bindings.binds:
        words = [bind.iface]
        for word, at_s in (("from", bind.from_s), ("until", bind.to_s)):
            if at_s is not None:
                words += [word, clocks.moment(at_s)]
        found.append(" ".join(words))
    return found + [wide.pattern for wide in bindings.wides]


def _more(bucket: Bucket) -> str:
    windows = ", ".join(map(_window, bucket.scope.windows or ()))
    name = f"{bucket.id} {windows}".strip()
    what = "free of charge" if bucket.zero_rated else f"{amount(bucket.bytes)} extra"
    return f"{name}: {what}"


def _window(window: Window) -> str:
    ends = (f"{each // 60:02}:{each % 60:02}" for each in (window.start, window.end))
    return "-".join(ends)


def times_text(plan: Plan, viewer: Viewer) -> list[str]:
    """When a plan runs: its cycle, and from when until when.

    Args:
        plan: the plan.
        viewer: who reads.

    Returns:
        Parts of a sentence.
    """
    cycle = _cycle(plan)
    span = _span(plan, viewer)
    # Where no clock time is shown with its zone, the zone is said once.
    has_clock = _start_s(plan) is not None
    return [*cycle, *span, *([] if has_clock else [str(plan.tz)])]


def _cycle(plan: Plan) -> list[str]:
    match plan.cycle:
        case Month() as month:
            return [_month(month)]
        case Week(weekday=weekday):
            return [f"each {_WEEKDAYS[weekday - 1]}"]
        case Day():
            return ["each day"]
        case CalendarDays(days=days):
            return [f"every {days} days"]
        case Elapsed() as elapsed:
            return [f"every {_hours(elapsed.length_s // _HOUR_S)}"]
        case Whole():
            return []


def _month(month: Month) -> str:
    day = month.billing_day or (month.anchor.day if month.anchor else 1)
    end = "last day" if month.month_end == "clamp" else "the 1st of the next"
    short = f" (shorter months: {end})" if day > _SHORTEST_MONTH else ""
    if month.interval == 1:
        return f"day {day} of the month{short}"
    return f"day {day}{short} of every {month.interval} months"


def _span(plan: Plan, viewer: Viewer) -> list[str]:
    validity, start_s = plan.validity, _start_s(plan)
    if start_s is None:
        if validity.kind in ("elapsed", "days_calendar"):
            return [f"{_length(plan)} from {_EVENTS[validity.starts_on]}"]
        return []
    end_s = _end_s(plan, start_s)
    if end_s is None:
        return [f"from {viewer.clocks(plan.tz).moment(start_s)}"]
    return [viewer.clocks(plan.tz).span(start_s, end_s)]


def _start_s(plan: Plan) -> int | None:
    if plan.activated_at is not None:
        return plan.activated_at
    if plan.validity.starts_on == "purchase":
        return plan.purchased_at
    if plan.validity.starts_on == "install":
        return plan.installed_at
    return plan.validity.start


def _end_s(plan: Plan, start_s: int) -> int | None:
    end_s = validity_end(plan, start_s)
    return None if end_s == NEVER else end_s


def _length(plan: Plan) -> str:
    validity = plan.validity
    if validity.kind == "days_calendar":
        return f"{validity.days} calendar days"
    return _hours(validity.length_s // _HOUR_S)


def _hours(hours: int) -> str:
    days, rest = divmod(hours, _DAY_H)
    return f"{hours} h" if rest or days <= 1 else f"{days} days"
