"""Adding what was chosen: all of it or nothing, then summed up."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor import clock
from monitor.store import importing, overlap
from monitor.store.rollups import roll_up
from monitor.units import format_size
from monitor.usage import total

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from monitor.commands.options import Setup
    from monitor.commands.progress import Progress
    from monitor.store.engine import Store
    from monitor.store.overlap import Chosen, Source
    from monitor.usage import Attachment

_SUMS: Final = 100  # hours and days at a time, to say how far it is


class Addition(NamedTuple):
    """What is to be added.

    Attributes:
        source: where it is from.
        attachment: where it was moved; None to leave it out.
        chosen: what of it is new.
    """

    source: Source
    attachment: Attachment | None
    chosen: Chosen


class Target(NamedTuple):
    """Where it is added, and how.

    Attributes:
        store: open for writing.
        setup: says how long details are kept.
        zone: whose midnights begin a day.
        progress: says how far it is.
        member: of a plan, whose it was; empty for this machine's own.
    """

    store: Store
    setup: Setup
    zone: ZoneInfo
    progress: Progress
    member: str = ""


def add_all(target: Target, additions: Sequence[Addition]) -> None:
    """Add it in one transaction, then sum it up; nobody else writes meanwhile.

    Args:
        target: where to.
        additions: what is to be added.

    Raises:
        StoreError: nothing was added, or it is not summed up yet.
    """
    store, setup, zone, progress, member = target
    retention, now_s = setup.config.retention, clock.now_s()
    added = {
        each.attachment: each.chosen.parts
        for each in additions
        if each.attachment is not None
    }
    progress.step("adding")
    manner = importing.Manner(
        retention.slots_s,
        retention.hours_s,
        now_s,
        zone,
        lambda *done: progress.part("adding", *done),
        member,
    )
    with store.begin() as connection:
        importing.add(connection, added, manner)
        for each in additions:
            overlap.remember(connection, each.source, now_s)
    progress.step("summing up")
    done = 0
    while summed := roll_up(store, now_s, zone, max_hours=_SUMS):
        done += summed
        progress.show(f"summing up: {done} hours and days")


def told(chosen: Chosen, zone: ZoneInfo) -> str:
    """What is new of a source, and what was left out, as sentences.

    Args:
        chosen: what is new.
        zone: whose times people read.
    """
    text = "nothing new."
    if chosen.parts:
        first, last = (
            datetime.fromtimestamp(at_s, zone)
            for at_s in (
                min(part.when.from_s for part in chosen.parts),
                max(part.when.to_s for part in chosen.parts),
            )
        )
        moved = total(part.traffic for part in chosen.parts)
        text = (
            f"{format_size(moved.bytes)} from {first:%Y-%m-%d} to "
            f"{last:%Y-%m-%d %H:%M}."
        )
    parts = [
        f"{format_size(amount)} {why}"
        for amount, why in (
            (chosen.own, "counted by esimmon itself"),
            (chosen.before, "imported before"),
            (chosen.future, "of the future"),
        )
        if amount
    ]
    return f"{text} Left out: {', '.join(parts)}." if parts else text
