"""What a verb did, in one or two lines: how the plan stands now, and how before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from monitor.plans.iccid import shortened
from monitor.plans.localtime import NEVER
from monitor.units import format_share, format_size
from monitor.views.plan_phrases import (
    amount,
    buckets_text,
    entry_text,
    left,
    left_now_and_before,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.accounts.bookkeeping import Trial
    from monitor.moments import Clocks
    from monitor.plans import entries as kinds

_WAITS = ("pending",)


def _told(trial: Trial, clocks: Clocks, head: str) -> Iterator[str]:
    """A sentence about the entry, then how that leaves the plan."""
    plan = trial.book.agreement.plan.id
    if trial.after.state in _WAITS:
        yield f"{plan}: {head}. It takes effect when the plan is activated."
        return
    yield f"{plan}: {head}. {left_now_and_before(trial.before, trial.after)}"
    if trial.after.validity_end != trial.before.validity_end:
        end_s = trial.after.validity_end
        if end_s is not None:
            yield f"{plan}: valid until {clocks.edge(end_s)}."


def activated(trial: Trial, clocks: Clocks) -> Iterator[str]:
    """Since when and until when it is valid now."""
    plan, after = trial.book.agreement.plan.id, trial.after
    if after.validity_start is None:
        yield f"{plan}: noted; it is {after.state}."
        return
    end = "without an end"
    if after.validity_end is not None:
        end = f"until {clocks.edge(after.validity_end)}"
    since = clocks.moment(after.validity_start)
    yield f"{plan}: active since {since}, {end}. {_capital(left(after))}."


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def topped_up(trial: Trial, clocks: Clocks) -> Iterator[str]:
    """How much there is now, and for how long, or that it waits."""
    entry: Any = trial.entry
    size = format_size(entry.bytes)
    if entry.id in trial.after.queued:
        yield from _told(trial, clocks, f"{size} more wait until the rest is used up")
        return
    yield from _told(trial, clocks, f"{size} more{_until(trial, clocks)}")


def _until(trial: Trial, clocks: Clocks) -> str:
    for lot in trial.lots:
        if lot.offer.id == trial.entry.id and lot.end_s != NEVER:
            return f" until {clocks.edge(lot.end_s)}"
    return ""


def received(trial: Trial, clocks: Clocks) -> Iterator[str]:
    """How much there is now, and for how long."""
    entry: Any = trial.entry
    size = format_size(entry.bytes)
    yield from _told(trial, clocks, f"received {size}{_until(trial, clocks)}")


def gave(trial: Trial, clocks: Clocks) -> Iterator[str]:
    """What is left."""
    entry: Any = trial.entry
    yield from _told(trial, clocks, f"gave away {format_size(entry.bytes)}")


def borrowed(trial: Trial, clocks: Clocks) -> Iterator[str]:
    """What both members may use in this cycle."""
    entry: Any = trial.entry
    plan, after = trial.book.agreement.plan.id, trial.after
    if after.state in _WAITS:
        yield from _told(trial, clocks, entry_text(entry))
        return
    shares = ", ".join(
        f"{member} {amount(after.members[member].allocation_bytes)}"
        for member in (entry.lender, entry.borrower)
    )
    until = "" if after.cycle_end is None else f" until {clocks.edge(after.cycle_end)}"
    yield f"{plan}: {shares}{until}."


def synced(trial: Trial, clocks: Clocks) -> Iterator[str]:
    """How far the measurement was off when the operator said so."""
    entry: Any = trial.entry
    plan = trial.book.agreement.plan.id
    before, after = trial.when_it_happened()
    if after.state in _WAITS:
        yield from _told(trial, clocks, entry_text(entry))
        return
    if entry.lot is not None:
        was, is_now = (amount(each.lots.get(entry.lot)) for each in (before, after))
        yield f"{plan}: lot {entry.lot} has {is_now} left (measured: {was})."
        return
    delta_bytes = after.main_used_bytes - before.main_used_bytes
    sign = "+" if delta_bytes >= 0 else ""
    share = ""
    if before.main_used_bytes:
        pct = format_share(abs(delta_bytes), before.main_used_bytes)
        share = f" ({pct} %)"
    yield (
        f"{plan}: measured {format_size(before.main_used_bytes)}, operator "
        f"{format_size(after.main_used_bytes)}: {sign}{format_size(delta_bytes)}"
        f"{share}. Corrected from {clocks.hour(entry.at_s)}; your measurements are "
        f"kept."
    )
    if entry.remaining_bytes is not None and after.remaining_bytes is not None:
        missing_bytes = entry.remaining_bytes - after.remaining_bytes
        if missing_bytes > 0:
            yield (
                f"{plan}: {format_size(missing_bytes)} more are left than was bought, "
                "as far as is known. Was there a gift or a top-up? Note it as well."
            )
    yield f"{plan}: {left_now_and_before(trial.before, trial.after)}"


def adjusted(trial: Trial, clocks: Clocks) -> Iterator[str]:
    """What was used now."""
    yield from _told(trial, clocks, entry_text(trial.entry))


def renewed(trial: Trial, clocks: Clocks) -> Iterator[str]:
    """Until when this pack runs and the next, or what was lost in between."""
    plan = trial.book.agreement.plan
    then, after = trial.when_it_happened()
    end_s = after.validity_end
    if after.state in _WAITS or end_s is None:
        yield from _told(trial, clocks, "renewed")
        return
    size = amount(after.limit_bytes)
    if then.state == "expired":
        ended_s = max((end for _, end, _ in then.history), default=None)
        had = "had ended" if ended_s is None else f"had ended {clocks.edge(ended_s)}"
        yield (
            f"{plan.id}: {had}. New pack from {clocks.hour(trial.entry.at_s)}: {size} "
            f"to {clocks.edge(end_s)}."
        )
        if then.uncovered_bytes:
            between = format_size(then.uncovered_bytes)
            yield f"{plan.id}: {between} in between are not covered."
    elif after.cycle_start == then.cycle_start and after.cycle_end is not None:
        this = clocks.edge(then.validity_end or after.cycle_end)
        granted = amount(_granted(trial))
        yield (
            f"{plan.id}: renewed. This pack runs to {this}; the next {granted} to "
            f"{clocks.edge(end_s)}."
        )
    else:
        yield (
            f"{plan.id}: renewed. {_capital(left(after))} until {clocks.edge(end_s)} "
            f"(before: {amount(then.remaining_bytes)})."
        )


def _granted(trial: Trial) -> int | None:
    """What the main buckets of the plan hold together."""
    counted = [
        each for each in trial.book.agreement.plan.buckets if not each.zero_rated
    ]
    main = [each for each in counted if each.scope == type(each.scope)()] or counted
    sizes = [each.bytes for each in main]
    if None in sizes:
        return None
    return sum(size for size in sizes if size is not None)


def changed(trial: Trial, clocks: Clocks) -> Iterator[str]:
    """What the plan has, and from when on."""
    entry: kinds.PlanChange = trial.entry  # type: ignore[assignment]  # its verb tells it
    plan, after = trial.book.agreement.plan.id, trial.after
    buckets = buckets_text(entry)
    if entry.mode == "next_cycle" and after.cycle_end is not None:
        yield f"{plan}: from {clocks.edge(after.cycle_end)} on {buckets}."
        return
    yield from _told(trial, clocks, buckets)


def replaced(trial: Trial, clocks: Clocks) -> Iterator[str]:
    """Which profile it is on now; all else stays."""
    entry: Any = trial.entry
    plan, before, after = trial.book.agreement.plan.id, trial.before, trial.after
    now = shortened(entry.new_iccid)
    was = f" (before: {shortened(before.iccids[-1])})" if before.iccids else ""
    if after.state in _WAITS:
        yield from _told(trial, clocks, f"line is now {now}{was}")
        return
    used = format_size(after.main_used_bytes)
    yield f"{plan}: line is now {now}{was}. Used {used}, {left(after)}, history kept."


def revoked(trial: Trial, clocks: Clocks) -> Iterator[str]:
    """What was lost with the lot."""
    entry: Any = trial.entry
    lost = {**trial.before.lots, **trial.before.queued}.get(entry.lot)
    head = f"lot {entry.lot} is taken back, {amount(lost)} with it"
    yield from _told(trial, clocks, head)


def snoozed(trial: Trial, clocks: Clocks) -> Iterator[str]:
    """How long it is silent."""
    entry: Any = trial.entry
    plan, after = trial.book.agreement.plan.id, trial.after
    if entry.until is not None:
        is_over = entry.until <= clocks.now_s
        until = f"until {clocks.moment(entry.until)}"
        yield f"{plan}: {'tells of' if is_over else 'silent about'} {entry.alert}" + (
            " again." if is_over else f" {until}."
        )
        return
    if after.cycle_start is None and after.cycle_end is None:
        yield f"{plan}: no cycle runs, so there is nothing to be silent about."
        return
    end = "for good" if after.cycle_end is None else clocks.edge(after.cycle_end)
    until = end if after.cycle_end is None else f"until {end}"
    yield f"{plan}: silent about {entry.alert} {until}."


def undone(trial: Trial, clocks: Clocks) -> Iterator[str]:
    """What never was."""
    entry: Any = trial.entry
    known = {each.id: each for each in trial.book.entries}
    what = entry_text(known[entry.entry])
    yield from _told(trial, clocks, f"undone: {what}")
