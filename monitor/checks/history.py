"""What happened lately: gaps, losses, steps of the clock, usage without a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from monitor.checks.findings import Finding, Level
from monitor.store.batch import SUSPEND
from monitor.units import format_count, format_duration, format_size

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from zoneinfo import ZoneInfo

    from monitor.checks.remedies import Remedies
    from monitor.store.queries import Event, Gap

DAYS: Final = 7
"""How far back is looked."""
_SHORT_S: Final = 60
_MOST_GAPS: Final = 5


@dataclass(frozen=True, slots=True)
class Missed:
    """A time without a daemon.

    Attributes:
        gap: when, and why.
        bytes: moved by billed interfaces meanwhile, with no program known.
    """

    gap: Gap
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What the store and the clock say.

    Attributes:
        gaps: of the last days, in order.
        events: of the last days, in order.
        waiting: rows that have no calendar time yet.
        synchronised: whether the kernel believes the wall clock.
        is_known: whether the store could be read.
    """

    gaps: Sequence[Missed] = ()
    events: Sequence[Event] = ()
    waiting: int = 0
    synchronised: bool = True
    is_known: bool = True


def judge(history: History, zone: ZoneInfo, remedies: Remedies) -> Iterator[Finding]:
    """What follows from it.

    Args:
        history: the facts.
        zone: in which times are shown.
        remedies: how commands are spelt.
    """
    yield _clock(history, remedies)
    if not history.is_known:
        return
    yield from _steps(history, zone)
    yield from _sleeps(history, zone)
    yield from _gaps(history.gaps, zone)
    yield _losses(history, zone)


def _clock(history: History, remedies: Remedies) -> Finding:
    waiting = ""
    if history.waiting:
        count = format_count(history.waiting)
        waiting = f"; {count} rows of usage wait until the time is known"
    if history.synchronised:
        level = Level.NOTE if waiting else Level.OK
        return Finding("clock", level, f"The clock is synchronised{waiting}.")
    return Finding(
        "clock",
        Level.NOTE,
        "The clock is not synchronised: days and cycles are those of a clock that "
        f"nobody checks{waiting}.",
        remedies.as_root("timedatectl set-ntp true") if remedies.has_systemd else "",
    )


def _steps(history: History, zone: ZoneInfo) -> Iterator[Finding]:
    steps = [event for event in history.events if event.kind == "clock-step"]
    if steps:
        times = "once" if len(steps) == 1 else f"{len(steps)} times"
        last = local(steps[-1].at_s, zone)
        text = f"The clock was set {times} in {DAYS} days, the last time {last}."
        yield Finding("clock-steps", Level.NOTE, text)


def _sleeps(history: History, zone: ZoneInfo) -> Iterator[Finding]:
    sleeps = [event for event in history.events if event.kind == SUSPEND]
    if sleeps:
        times = "1 sleep" if len(sleeps) == 1 else f"{len(sleeps)} sleeps"
        last = sleeps[-1]
        text = (
            f"{times} in {DAYS} days, the last {local(last.at_s, zone)}: {last.detail}."
        )
        yield Finding("sleeps", Level.OK, text)


def _gaps(gaps: Sequence[Missed], zone: ZoneInfo) -> Iterator[Finding]:
    long = [missed for missed in gaps if _length_s(missed) >= _SHORT_S]
    shown = sorted(long, key=_length_s)[-_MOST_GAPS:]
    for missed in gaps:
        if missed in shown:
            yield Finding("gap", Level.NOTE, _gap(missed, zone))
    others = [missed for missed in gaps if missed not in shown]
    if others:
        size = format_size(sum(missed.bytes for missed in others))
        length = format_duration(sum(map(_length_s, others)))
        plural = "" if len(others) == 1 else "s"
        text = (
            f"{len(others)} shorter gap{plural} in {DAYS} days, {length} together: "
            f"{size} credited to the interfaces, no program known."
        )
        yield Finding("gap", Level.NOTE, text)
    if not gaps:
        yield Finding("gap", Level.OK, f"No gap in the last {DAYS} days.")


def _gap(missed: Missed, zone: ZoneInfo) -> str:
    (from_s, to_s), gap = missed.gap.interval, missed.gap
    end = "had been stopped" if gap.clean else "had been killed"
    boot = "same boot" if gap.same_boot else "the machine was started anew"
    what = "every byte has its program"
    if missed.bytes:
        size = format_size(missed.bytes)
        what = f"{size} credited to the interfaces, no program known"
    when = f"{local(from_s, zone)} - {local(to_s, zone)}"
    return f"{when}: the daemon {end} ({boot}): {what}."


def _length_s(missed: Missed) -> int:
    from_s, to_s = missed.gap.interval
    return to_s - from_s


def _losses(history: History, zone: ZoneInfo) -> Finding:
    losses = [event for event in history.events if event.kind == "overflow"]
    if not losses:
        text = f"Nothing overflowed in the last {DAYS} days."
        return Finding("losses", Level.OK, text)
    last = losses[-1]
    text = (
        f"{len(losses)} overflows in {DAYS} days, the last {local(last.at_s, zone)}: "
        f"{last.detail}."
    )
    return Finding("losses", Level.WARN, text)


def local(at_s: int, zone: ZoneInfo) -> str:
    """An instant for people, such as "8 Jun 22:10".

    Args:
        at_s: UTC seconds.
        zone: whose clock.
    """
    moment = datetime.fromtimestamp(at_s, zone)
    return f"{moment.day} {moment:%b %H:%M}"
