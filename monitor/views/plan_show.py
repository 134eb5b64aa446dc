"""One plan in full: terms, lots, caps, members, overage, forecast, history."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

from monitor.plans.entries import PlanChange, Topup
from monitor.plans.forecast import forecast
from monitor.plans.iccid import shortened
from monitor.plans.localtime import NEVER
from monitor.plans.matching import lines_of
from monitor.plans.naming import network_words
from monitor.plans.offers import Scope
from monitor.units import format_size
from monitor.views.names import visible
from monitor.views.phrases import wrapped
from monitor.views.plan_members import members_text
from monitor.views.plan_phrases import amount, left
from monitor.views.plan_terms import scope_text, terms_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.accounts.bookkeeping import Book
    from monitor.moments import Clocks
    from monitor.plans.forecast import Forecast
    from monitor.plans.lots import Lot
    from monitor.plans.status import Status
    from monitor.plans.terms import Plan
    from monitor.views.table import Layout

_LABEL: Final = 12
_MOST_CYCLES: Final = 12
_SLOW: Final = {
    "block": "nothing works",
    "throttle": "it is slow",
    "bill": "it costs",
    "free": "it is free of charge",
}


def plan_as_text(book: Book, clocks: Clocks, layout: Layout) -> str:
    """Write how a plan stands for people.

    Args:
        book: of the plan.
        clocks: whose clocks people look at.
        layout: what the terminal can show.

    Returns:
        Lines that fit its width; names from outside are escaped.
    """
    status, plan = book.now, book.agreement.plan
    head = wrapped(f"{plan.id}  {_head(status)}", layout)
    lines = [layout.bold(line) for line in head]
    for label, texts in _parts(book, clocks):
        for text in texts:
            lines += _labelled(label, text, layout)
            label = ""  # noqa: PLW2901 - only the first line has it
    return "\n".join(lines)


def _labelled(label: str, text: str, layout: Layout) -> list[str]:
    return textwrap.wrap(
        visible(text),
        layout.width,
        initial_indent=f"  {label:{_LABEL}}",
        subsequent_indent=" " * (_LABEL + 4),
        break_on_hyphens=False,
    )


def _head(status: Status) -> str:
    if status.state in ("pending", "lapsed"):
        return status.state
    if status.limit_bytes is None:
        return f"{status.state}, used {format_size(status.main_used_bytes)}, unlimited"
    words = f"{status.state}, {left(status)} of {format_size(status.limit_bytes)}"
    return words if status.pct_used is None else f"{words} ({status.pct_used} % used)"


def _parts(book: Book, clocks: Clocks) -> Iterator[tuple[str, list[str]]]:
    plan, status = book.agreement.plan, book.now
    ahead = forecast(book.account_now, book.at_s)
    yield "terms", list(terms_text(plan))
    yield "valid", list(_validity(status, clocks))
    line = status.iccids or ()
    yield "line", [", ".join(map(shortened, line))] if line else []
    yield "pays for", list(_paid_for(book, clocks))
    scopes = _scopes(book)
    lots = book.account_now.books.lots
    yield "lots", [_lot(lot, scopes, clocks) for lot in lots]
    waiting = (status.queued or {}).items()
    yield "waiting", [f"{name} {format_size(size)}" for name, size in waiting]
    yield "caps", list(_caps(plan, status))
    yield "members", members_text(book)
    yield "overage", list(_overage(plan, status))
    yield "besides", list(_besides(status, clocks))
    yield "forecast", list(_forecast(ahead, status, clocks))
    yield "budget", list(_budget(ahead))
    yield "history", list(_history(book, clocks))


def _validity(status: Status, clocks: Clocks) -> Iterator[str]:
    if status.activate_by is not None and status.state == "pending":
        yield f"to be activated before {clocks.moment(status.activate_by)}"
    start_s, end_s = status.validity_start, status.validity_end
    if start_s is not None and end_s is not None:
        yield f"{clocks.edge(start_s)} - {clocks.edge(end_s)}"
    elif end_s is not None:
        yield f"until {clocks.edge(end_s)}"
    if status.cycle_end is not None and status.cycle_end != end_s:
        yield f"resets {clocks.edge(status.cycle_end)}"


def _paid_for(book: Book, clocks: Clocks) -> Iterator[str]:
    terms = book.agreement
    yield from network_words(terms.matches, lines_of(terms.plan))
    if terms.patterns:
        yield ", ".join(terms.patterns)
    for bind in terms.binds:
        words = [bind.iface]
        if bind.from_s is not None:
            words.append(f"from {clocks.moment(bind.from_s)}")
        if bind.to_s is not None:
            words.append(f"until {clocks.moment(bind.to_s)}")
        yield " ".join(words)


def _scopes(book: Book) -> dict[str, Scope]:
    """What each lot is good for, by its id."""
    buckets = [*book.agreement.plan.buckets]
    found: dict[str, Scope] = {}
    for entry in book.entries:
        if isinstance(entry, PlanChange):
            buckets += entry.buckets
        elif isinstance(entry, Topup):
            found[entry.id] = entry.scope
    return {bucket.id: bucket.scope for bucket in buckets} | found


def _lot(lot: Lot, scopes: dict[str, Scope], clocks: Clocks) -> str:
    words = [f"{lot.offer.id} {amount(lot.left_bytes)} left"]
    if lot.offer.is_zero_rated:
        words = [f"{lot.offer.id} free of charge"]
    if lot.end_s != NEVER:
        words.append(f"until {clocks.edge(lot.end_s)}")
    scope = scopes.get(lot.offer.id, Scope())
    if scope != Scope():
        words.append(scope_text(scope))
    return ", ".join(words)


def _caps(plan: Plan, status: Status) -> Iterator[str]:
    for cap in plan.caps:
        stands = (status.caps or {}).get(cap.id)
        if stands is None:
            continue
        used = format_size(stands.used_bytes)
        then = "Reached" if stands.reached else "After it"
        yield (
            f"{cap.id} cap {format_size(cap.bytes)}: {used} used. {then}: "
            f"{_SLOW[cap.behavior]}."
        )


def _overage(plan: Plan, status: Status) -> Iterator[str]:
    if not status.overage_bytes:
        return
    words = format_size(status.overage_bytes)
    billed = [tier for tier in plan.overage if tier.behavior == "bill"]
    if status.overage_blocks and billed:
        tier, blocks = billed[0], status.overage_blocks
        words += f" = {blocks} block{'' if blocks == 1 else 's'}"
        if len(billed) == 1 and tier.block_bytes:
            words += f" of {format_size(tier.block_bytes)} x {tier.price}"
            words += f" + {tier.tax_pct} % tax" if tier.tax_pct else ""
        words += f" = {status.overage_cost}."
        if len(plan.overage) == 1 and tier.block_bytes:
            begun = -status.overage_bytes % tier.block_bytes
            words += f" Next block begins in {format_size(begun)}."
    yield words


def _besides(status: Status, clocks: Clocks) -> Iterator[str]:
    if status.uncovered_bytes:
        yield f"{format_size(status.uncovered_bytes)} not covered by the plan"
    if status.zero_rated_bytes:
        yield f"{format_size(status.zero_rated_bytes)} free of charge"
    if status.kbps is not None:
        yield f"slowed down to {status.kbps} kbit/s"
    if status.usable_again_at is not None:
        yield f"usable again {clocks.moment(status.usable_again_at)}"


def _forecast(ahead: Forecast, status: Status, clocks: Clocks) -> Iterator[str]:
    if ahead.projected_bytes is None or status.cycle_end is None:
        return
    words = (
        f"at this pace {format_size(ahead.projected_bytes)} by "
        f"{clocks.edge(status.cycle_end)}"
    )
    if ahead.runs_out_at is not None and status.remaining_bytes:
        words += f"; empty on {clocks.moment(ahead.runs_out_at)}"
    elif status.remaining_bytes:
        words += ": enough"
    yield words


def _budget(ahead: Forecast) -> Iterator[str]:
    if ahead.daily_budget_bytes is None or ahead.today_bytes is None:
        return
    budget_bytes, today_bytes = ahead.daily_budget_bytes, ahead.today_bytes
    words = f"{format_size(budget_bytes)} a day; today {format_size(today_bytes)}"
    over_bytes = today_bytes - budget_bytes
    if over_bytes > 0:
        words += f": {format_size(over_bytes)} over"
    yield words


def _history(book: Book, clocks: Clocks) -> Iterator[str]:
    cycles = book.history
    for start_s, end_s, used_bytes in reversed(cycles[-_MOST_CYCLES:]):
        since = "" if start_s is None else f"{clocks.edge(start_s)} "
        yield f"{since}- {clocks.edge(end_s)}  {format_size(used_bytes)}"
    if len(cycles) > _MOST_CYCLES:
        yield f"and {len(cycles) - _MOST_CYCLES} before (all of them: --json)"
