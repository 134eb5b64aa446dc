"""Boundaries and cycles of a plan, and where stored usage is to be cut."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.errors import PlanError
from monitor.plans.account import open_account
from monitor.plans.activation import activation, validity_end
from monitor.plans.checking import refuse
from monitor.plans.entries import PlanChange, Topup
from monitor.plans.grids import grid_of
from monitor.plans.localtime import FARTHEST_S, NEVER
from monitor.plans.timing import CalendarDays, Elapsed, Whole
from monitor.plans.windows import occurrences
from monitor.usage import Interval

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.plans.account import Account
    from monitor.plans.contract import Contract
    from monitor.plans.grids import Grid
    from monitor.plans.offers import Scope
    from monitor.plans.terms import Plan

_MOST: Final = 10_000


class Span(NamedTuple):
    """A cycle; None where it has no start or no end.

    Attributes:
        start_s: UTC seconds.
        end_s: UTC seconds.
    """

    start_s: int | None
    end_s: int | None

    @property
    def length_s(self) -> int | None:
        """Seconds; None without start or end."""
        if self.start_s is None or self.end_s is None:
            return None
        return self.end_s - self.start_s


def boundaries(plan: Plan, from_s: int, n: int) -> list[int]:
    """The boundaries of cycles, not cut to the validity.

    Args:
        plan: the plan; samples and ledger are not asked.
        from_s: UTC second from which on they are wanted.
        n: how many; none come before the activation where they count from it.

    Returns:
        UTC seconds, ascending; fewer where there are no more.

    Raises:
        PlanError: the plan makes no sense, its cycles count from an activation that is
            not known, or `n` is out of reason.
    """
    refuse(plan, (), ())
    if not 0 <= n <= _MOST:
        raise PlanError(f"boundaries: n must be from 0 to {_MOST}, not {n}")
    start_s = activation(plan).at_s
    if isinstance(plan.cycle, Whole):
        ends = [start_s, validity_end(plan, start_s)] if start_s != NEVER else []
        return [end for end in ends if from_s <= end < NEVER][:n]
    if isinstance(plan.cycle, Elapsed | CalendarDays):
        if start_s == NEVER:
            raise PlanError(
                f"plan {plan.id}: its cycles count from the activation, which is not "
                "known; set activated_at"
            )
        from_s = max(from_s, start_s)
    grid, found = grid_of(plan.cycle, plan.tz, start_s), list[int]()
    index = grid.index(from_s)
    while len(found) < n:
        mark_s = grid.at(index)
        if mark_s >= FARTHEST_S:
            break
        if mark_s >= from_s and mark_s not in found[-1:]:
            found.append(mark_s)
        index += 1
    return found


def cycle(plan: Plan, at_s: int) -> Span | None:
    """The cycle that runs at an instant, cut to the validity.

    Args:
        plan: the plan; samples and ledger are not asked.
        at_s: UTC seconds.

    Returns:
        None before the plan begins and after its end.

    Raises:
        PlanError: the plan makes no sense.
    """
    found = open_account(plan).seen_at(at_s).books.cycle
    if found is None:
        return None
    return Span(
        None if found.from_s == -NEVER else found.from_s,
        None if found.to_s == NEVER else found.to_s,
    )


def marks(account: Account, within: Interval) -> list[int]:
    """The instants inside an interval at which stored usage should be cut.

    With them, judging stored samples anew gives what the samples themselves would
    have given: cycles and validities, windows, lots, entries, bindings, midnights.

    Args:
        account: of the plan, as it is before the interval or within it.
        within: the interval; its edges cut nothing.

    Returns:
        UTC seconds, ascending, each once.
    """
    books, contract = account.books, account.books.contract
    found = chain(
        _cycles(account, within),
        (edge for lot in books.lots for edge in (lot.start_s, lot.end_s)),
        (entry.at_s for entry in contract.ledger.entries),
        contract.belonging.edges(within),
        _windows(contract, within),
        _numbered(contract.days, within),
        contract.activation[:2],
    )
    return sorted({mark for mark in found if within.from_s < mark < within.to_s})


def _cycles(account: Account, within: Interval) -> Iterator[int]:
    books, plan = account.books, account.plan
    segments = list(books.waiting)
    if books.segment is not None:
        segments.insert(0, books.segment)
    elif books.phase == "always":
        segments.append(Interval(-NEVER, validity_end(plan, -NEVER)))
    for segment in segments:
        yield from segment
        from_s, to_s = (
            max(within.from_s, segment.from_s),
            min(within.to_s, segment.to_s),
        )
        if from_s < to_s:
            grid = grid_of(plan.cycle, plan.tz, segment.from_s)
            yield from _numbered(grid, Interval(from_s, to_s))


def _numbered(grid: Grid, within: Interval) -> Iterator[int]:
    """Boundaries within an interval, and one on each side of it."""
    for index in range(grid.index(within.from_s), grid.index(within.to_s) + 1):
        yield grid.at(index)


def _windows(contract: Contract, within: Interval) -> Iterator[int]:
    """Where windows of buckets, top-ups, caps and of the background alert change."""
    plan, entries = contract.plan, contract.ledger.entries
    buckets = [*plan.buckets]
    scopes: list[Scope] = [cap.scope for cap in plan.caps]
    for entry in entries:
        if isinstance(entry, PlanChange):
            buckets += entry.buckets
        elif isinstance(entry, Topup):
            scopes.append(entry.scope)
    scopes += [bucket.scope for bucket in buckets]
    for scope in dict.fromkeys(scopes):
        edge_s = contract.reach(scope).next_edge(within.from_s)
        while edge_s < within.to_s:
            yield edge_s
            edge_s = contract.reach(scope).next_edge(edge_s)
    background = plan.alerts.background
    if background is not None:
        for window in occurrences(background.window, plan.tz, within):
            yield from window
