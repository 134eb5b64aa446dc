"""Who is behind an alert: what a click on "Show details" asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from monitor.alerts.model import BACKGROUND_USE, DATA_BUDGET_DAY, DETAILED
from monitor.daemon.eaters import Wanted, billed_bytes, eaters
from monitor.errors import UsageError
from monitor.usage import Interval

if TYPE_CHECKING:
    from monitor.alerts import Raised
    from monitor.daemon.planbook import PlanBook
    from monitor.store.batch import Batch
    from monitor.store.engine import Store
    from monitor.usage import Attachment

_DAY_S: Final = 86_400
_MOST: Final = 5  # as many lines as a desktop shows
_OF_A_TIME: Final = (BACKGROUND_USE, DATA_BUDGET_DAY)


class Counted(NamedTuple):
    """What a daemon has counted so far.

    Attributes:
        store: what was committed.
        batch: what was not yet.
        book: the plans.
        now_s: UTC second of the last tick.
    """

    store: Store
    batch: Batch
    book: PlanBook
    now_s: int


def details(raised: Raised | None, counted: Counted) -> dict[str, Any]:
    """Answer to `alerts.details`: who used most of what an alert is about.

    That is the plan, in its cycle or in the day or night that the alert is about; or
    the network, since it was met or in the last 24 hours.

    Args:
        raised: the alert; None for one that nobody is to see any more.
        counted: what is known of whose bytes it was.

    Returns:
        `plan` or `network`, the other empty; `since_s` (UTC), `is_cycle`, the largest
        `programs` with their bytes, `others_bytes`, and `unknown_bytes` of the rest.

    Raises:
        UsageError: there is nothing to tell of it.
        StoreError: the database cannot be read.
    """
    if raised is None or raised.key.kind not in DETAILED:
        raise UsageError("there is no such alert any more, or none with details")
    network = raised.alert.network
    found = _of_network(raised, counted) if network else _of_plan(raised, counted)
    moved = eaters(counted.store, counted.batch, found)
    all_bytes = billed_bytes(counted.store, counted.batch, found)
    programs = moved.most_common(_MOST)
    since_s = found.period.from_s
    return {
        "plan": "" if network else raised.alert.plan,
        "network": network,
        "since_s": since_s,
        "is_cycle": not network and raised.key.kind not in _OF_A_TIME,
        "programs": [{"name": name, "bytes": amount} for name, amount in programs],
        "others_bytes": moved.total() - sum(amount for _, amount in programs),
        "unknown_bytes": max(0, all_bytes - moved.total()),
    }


def _of_plan(raised: Raised, counted: Counted) -> Wanted:
    """What a plan paid for.

    Raises:
        UsageError: it is in no cycle now, or gone.
    """
    name, now_s = raised.alert.plan, counted.now_s
    seen = next((e.seen for e in counted.book.plans if e.seen.plan.id == name), None)
    start_s = None if seen is None else seen.status.cycle_start
    if raised.key.kind in _OF_A_TIME:
        start_s = raised.key.since_s
    if seen is None or start_s is None:
        raise UsageError(f"plan {name} is in no cycle now")

    def is_paid(where: Attachment) -> bool:
        return counted.book.plan_of(where, now_s) == name

    return Wanted(Interval(start_s, now_s + 1), is_paid, seen.plan.count)


def _of_network(raised: Raised, counted: Counted) -> Wanted:
    """What moved over a network."""
    start_s = raised.key.since_s or counted.now_s - _DAY_S

    def is_there(where: Attachment) -> bool:
        return where.network == raised.alert.network

    return Wanted(Interval(start_s, counted.now_s + 1), is_there)
