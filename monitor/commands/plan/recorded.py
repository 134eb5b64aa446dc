"""What this machine has recorded of what plans pay for, as a load for offers."""

from __future__ import annotations

from bisect import bisect_right
from calendar import monthrange
from datetime import date, timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.accounts.apart import telling_of
from monitor.accounts.paying import bindings_at
from monitor.errors import EsimmonError, UsageError
from monitor.plans.agreement import Agreement
from monitor.plans.loads import Load, day_bytes, load_of, local_days
from monitor.plans.localtime import instant_of, local_time
from monitor.plans.matching import NOBODY, is_foreign
from monitor.plans.measured import Telling
from monitor.plans.payers import interface_payer, network_of, turns
from monitor.plans.straddling import cut
from monitor.store.samples import billed_attachments, samples
from monitor.usage import Interval

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from monitor.plans.payers import Bindings
    from monitor.plans.samples import Sample
    from monitor.plans.terms import Plan
    from monitor.store.engine import Store
    from monitor.usage import Attachment

LEAST_DAYS: Final = 7
MONTHS: Final = 6
_SAY_IT: Final = "Or say yourself what you use: --usage 6GB/month"


class Wanted(NamedTuple):
    """Which usage is meant.

    Attributes:
        months: at most so many, up to last midnight.
        plan: what this plan pays for; None for all plans.
        interfaces: shell patterns of devices; empty for what plans pay for, or all that
            is billed where there is no plan.
        zone: whose days.
        now_s: UTC second now.
    """

    months: int
    plan: str | None
    interfaces: tuple[str, ...]
    zone: ZoneInfo
    now_s: int


class Recorded(NamedTuple):
    """Usage that was found.

    Attributes:
        load: of whole days.
        devices: on which it moved.
        of_days: bytes of each day.
    """

    load: Load
    devices: tuple[str, ...]
    of_days: list[int]


def recorded(
    store: Store,
    agreements: Sequence[Agreement],
    offers: Iterable[Plan],
    wanted: Wanted,
) -> Recorded:
    """Read usage, and of whom it was as far as an offer tells that apart.

    Args:
        store: open.
        agreements: all plans of this machine.
        offers: what is compared.
        wanted: which usage.

    Raises:
        UsageError: there is no such plan.
        EsimmonError: too little was recorded.
        StoreError: the store cannot be read.
    """
    _insist(agreements, wanted.plan)
    end = local_time(wanted.now_s, wanted.zone).date()
    first = _months_before(end, wanted.months)
    spans = Interval(
        *(instant_of(each.toordinal(), 0, wanted.zone) for each in (first, end))
    )
    bindings = bindings_at(store, agreements, wanted.now_s)
    mine, matched = _meant(billed_attachments(store), bindings, wanted)
    # A row that reaches into the period began a day before it at the earliest.
    period = Interval(spans.from_s - 2 * 86_400, spans.to_s)
    rows = samples(store, period, mine, _telling(offers), matched)
    found = [
        part
        for part in _paid_for(rows, bindings, wanted)
        if part.to_s > spans.from_s and part.from_s < spans.to_s
    ]
    if found:
        begun = min(each.from_s for each in found)
        first = max(first, local_time(begun, wanted.zone).date())
    load = load_of(found, local_days(first, end - timedelta(days=1), wanted.zone))
    of_days = day_bytes(load)
    days = sum(each > 0 for each in of_days)
    if days < LEAST_DAYS:
        raise EsimmonError(
            f"only {days} whole day{'' if days == 1 else 's'} of usage recorded; to "
            f"compare offers, {LEAST_DAYS} are needed. {_SAY_IT}"
        )
    devices = tuple(sorted({each.iface for each in load.samples}))
    return Recorded(load, devices, of_days)


def _insist(agreements: Iterable[Agreement], plan: str | None) -> None:
    names = [str(each.plan.id) for each in agreements]
    if plan is not None and plan not in names:
        raise UsageError(f'no plan "{plan}". There are: {", ".join(names) or "none"}.')


def _months_before(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 - months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _telling(offers: Iterable[Plan]) -> Telling:
    """What one offer or another tells apart."""
    each = [telling_of(Agreement(plan=plan), ()) for plan in offers]
    apps = {app for telling in each for app in telling.apps or ()}
    tethered = any(telling.tethered for telling in each)
    return Telling(apps=tuple(sorted(apps)), tethered=tethered)


def _is_all(bindings: Bindings, wanted: Wanted) -> bool:
    """Whether it does not matter who pays."""
    return wanted.plan is None and bool(wanted.interfaces or not bindings.is_any)


def _meant(
    attachments: Mapping[int, Attachment], bindings: Bindings, wanted: Wanted
) -> tuple[dict[int, Attachment], set[int]]:
    """The attachments that may be meant, and the ids of those that are at any time."""
    mine: dict[int, Attachment] = {}
    matched: set[int] = set()
    for key, where in attachments.items():
        if wanted.interfaces and not any(
            fnmatchcase(where.device, one) for one in wanted.interfaces
        ):
            continue
        plan = None if _is_all(bindings, wanted) else network_of(bindings, where)
        if plan is None or (plan != NOBODY and wanted.plan in (None, plan)):
            mine[key] = where
            matched |= set() if plan is None else {key}
    return mine, matched


def _paid_for(
    rows: Iterable[Sample], bindings: Bindings, wanted: Wanted
) -> Iterator[Sample]:
    """The parts of samples that are meant."""
    if _is_all(bindings, wanted):
        yield from rows
        return
    marks = turns(bindings)
    payers: dict[tuple[str, int], str | None] = {}
    for row in rows:
        if row.matched:
            yield row
            continue
        place = bisect_right(marks, row.from_s)
        is_cut = place < len(marks) and marks[place] < row.to_s
        for part in cut(row, marks) if is_cut else (row,):
            key = part.iface, bisect_right(marks, part.from_s)
            if key not in payers:
                payers[key] = interface_payer(bindings, part.iface, part.from_s)
            found = payers[key]
            is_theirs = found is not None and wanted.plan in (None, found)
            if is_theirs and not is_foreign(bindings.lines, str(found), part.iccid):
                yield part
