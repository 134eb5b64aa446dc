"""What was moved in a period of whole local days, to be charged to plans again.

Where a plan tells nothing apart, samples of an hour are one: no sum changes, and half a
year is charged in a tenth of a second. The hours count from the beginning of the
period, so where a plan ends after so many hours or days, one ends as well. Where it has
windows, quarters of an hour stand for hours.
"""

from __future__ import annotations

from bisect import bisect_right
from calendar import monthrange
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.plans.localtime import instant_of
from monitor.plans.samples import Sample
from monitor.plans.scopes import patterns
from monitor.plans.straddling import cut
from monitor.usage import Interval

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from zoneinfo import ZoneInfo

    from monitor.plans.offers import Scope
    from monitor.plans.terms import Plan

HOUR_S: Final = 3600
_QUARTER_MIN: Final = 15
_MONTH_DAYS: Final = 30


class Load(NamedTuple):
    """Samples of a period.

    Attributes:
        days: UTC seconds at which its local days begin, and at which the last one ends.
        samples: in order of their start; none reaches out of the period.
    """

    days: tuple[int, ...]
    samples: tuple[Sample, ...]

    @property
    def period(self) -> Interval:
        """From the first day to the end of the last."""
        return Interval(self.days[0], self.days[-1])


class Shape(NamedTuple):
    """What a plan tells apart.

    Attributes:
        apps: shell patterns of applications.
        is_told_by_place: whether countries matter.
        is_told_by_tether: whether it matters for which machine bytes are.
        step_s: within so many seconds times do not matter; 0 where they always do.
    """

    apps: tuple[str, ...] = ()
    is_told_by_place: bool = False
    is_told_by_tether: bool = False
    step_s: int = HOUR_S


def shape_of(plan: Plan) -> Shape:
    """What has to be told apart to charge a plan.

    Args:
        plan: what is offered.
    """
    scopes = [bucket.scope for bucket in plan.buckets]
    scopes += [cap.scope for cap in plan.caps]
    zones = (plan.zones.included, *(scope.zones for scope in scopes))
    return Shape(
        tuple(sorted({app for scope in scopes for app in scope.apps or ()})),
        any(each is not None for each in zones),
        any(scope.tethered is not None for scope in scopes),
        _step(scopes),
    )


def _step(scopes: Iterable[Scope]) -> int:
    """How exactly times of samples have to be known for the windows of scopes."""
    windows = [window for scope in scopes for window in scope.windows or ()]
    if not windows:
        return HOUR_S
    edges = (edge for window in windows for edge in (window.start, window.end))
    # The clocks of all zones differ by quarters of an hour.
    return 0 if any(edge % _QUARTER_MIN for edge in edges) else _QUARTER_MIN * 60


def local_days(first: date, last: date, zone: ZoneInfo) -> tuple[int, ...]:
    """The beginnings of days, and the end of the last one.

    Args:
        first: a day.
        last: another one, not before it.
        zone: whose days.

    Returns:
        UTC seconds, ascending; a day that a zone left out has none of its own.
    """
    ordinals = range(first.toordinal(), last.toordinal() + 2)
    return tuple(sorted({instant_of(day, 0, zone) for day in ordinals}))


def load_of(samples: Iterable[Sample], days: tuple[int, ...]) -> Load:
    """Cut samples to a period.

    Args:
        samples: in any order.
        days: of the period, as `local_days` has them.
    """
    begin_s, end_s = days[0], days[-1]
    found = []
    for sample in samples:
        if begin_s <= sample.from_s < end_s and sample.to_s <= end_s:
            found.append(sample)
        elif sample.from_s < end_s and sample.to_s > begin_s:
            parts = cut(sample, (begin_s, end_s))
            found += [each for each in parts if begin_s <= each.from_s < end_s]
    return Load(days, tuple(sorted(found, key=lambda each: (each.from_s, each.to_s))))


def even_load(
    bytes_per: int, days: int | None, first: date, zone: ZoneInfo, months: int
) -> Load:
    """The same on each day.

    Args:
        bytes_per: moved in so many days, or in a month.
        days: how many; None for a month. A shorter one than 30 days moves less: else a
            plan that has a month's bytes for 30 days would seem too small in February.
        first: the first of a month.
        zone: whose days.
        months: how long.

    Returns:
        All bytes as received ones of nobody.
    """
    end = _months_later(first, months)
    begins = local_days(first, end - timedelta(days=1), zone)
    samples = []
    for ordinal in range(first.toordinal(), end.toordinal()):
        day = date.fromordinal(ordinal)
        length = days or max(_MONTH_DAYS, monthrange(day.year, day.month)[1])
        count = day.day if days is None else ordinal - first.toordinal() + 1
        amount_bytes = bytes_per * count // length - bytes_per * (count - 1) // length
        from_s, to_s = (instant_of(each, 0, zone) for each in (ordinal, ordinal + 1))
        samples.append(Sample(from_s, to_s, "", None, amount_bytes, 0))
    return load_of(samples, begins)


def _months_later(first: date, months: int) -> date:
    years, month = divmod(first.month - 1 + months, 12)
    return date(first.year + years, month + 1, 1)


def merged(load: Load, shape: Shape) -> tuple[Sample, ...]:
    """The samples as far as a plan tells them apart.

    Args:
        load: of the period.
        shape: of the plan.

    Returns:
        In order of their start; those within one step are one.
    """
    is_told, step_s = patterns(shape.apps), shape.step_s
    begin_s, end_s = load.period
    sums: dict[tuple[int, int, str, str, bool], list[int]] = {}
    for each in load.samples:
        from_s, to_s = each.from_s, each.to_s
        if step_s:
            step_from_s = from_s - (from_s - begin_s) % step_s
            if to_s <= step_from_s + step_s:
                from_s, to_s = step_from_s, min(step_from_s + step_s, end_s)
        key = (
            from_s,
            to_s,
            each.app if each.app is not None and is_told(each.app) else "",
            (each.mcc or "") if shape.is_told_by_place else "",
            shape.is_told_by_tether and bool(each.tethered),
        )
        amounts = sums.setdefault(key, [0, 0])
        amounts[0] += each.rx_bytes
        amounts[1] += each.tx_bytes
    return tuple(
        Sample(from_s, to_s, "", app or None, rx, tx, (), mcc or None, tethered)
        for (from_s, to_s, app, mcc, tethered), (rx, tx) in sorted(sums.items())
    )


def day_bytes(load: Load) -> list[int]:
    """Bytes in both directions of each day.

    Args:
        load: of the period.
    """
    found = [0] * (len(load.days) - 1)
    for sample in load.samples:
        place = bisect_right(load.days, sample.from_s) - 1
        if sample.to_s <= load.days[place + 1]:
            found[place] += sample.rx_bytes + sample.tx_bytes
            continue
        for part in cut(sample, load.days):
            place = bisect_right(load.days, part.from_s) - 1
            found[place] += part.rx_bytes + part.tx_bytes
    return found


def busiest(of_days: Sequence[int], days: int) -> int:
    """The most that was moved in so many days that follow each other.

    Args:
        of_days: bytes of each day.
        days: how many.

    Returns:
        Bytes; of all days where there are not so many.
    """
    sums = [0]
    for each in of_days:
        sums.append(sums[-1] + each)
    ends = range(min(days, len(of_days)), len(sums))
    return max(sums[end] - sums[max(0, end - days)] for end in ends)
