"""Which time a tick covers: since the last one, awake, as far as that has a place.

Pure.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from monitor.clock import SECOND_NS, slept_ns
from monitor.usage import BootInterval, Interval

if TYPE_CHECKING:
    from monitor.clock import Placement, Reading
    from monitor.store.batch import Resume


class Covered(NamedTuple):
    """The time of a tick.

    Attributes:
        when: without what the machine slept at its end.
        until_ns: CLOCK_BOOTTIME of that end.
        slept_s: of sleep behind it, to the nearest second.
    """

    when: Interval | BootInterval
    until_ns: int
    slept_s: int


def covered(
    placement: Placement, from_ns: int, asleep_ns: int, reading: Reading
) -> Covered:
    """The time since the last tick, without what the machine slept of it.

    A network moves nothing for a machine that sleeps, and a BOOTTIME timer fires at
    once when it wakes: all but an instant of that time lies before the sleep, and so do
    its bytes. Spread over the night by the 5-minute marks they would be charged to
    hours, days and plans in which nothing moved. The next tick begins when the machine
    woke up: nobody's bytes are of the time between.

    Args:
        placement: of this boot on the calendar.
        from_ns: CLOCK_BOOTTIME of the last tick.
        asleep_ns: how long the machine had slept by then, since its boot.
        reading: the clocks now.
    """
    slept = slept_ns(asleep_ns, reading)
    until_ns = reading.boottime_ns - slept
    when = between(placement, from_ns, until_ns)
    return Covered(when, until_ns, (slept + SECOND_NS // 2) // SECOND_NS)


def between(
    placement: Placement, from_ns: int, until_ns: int
) -> Interval | BootInterval:
    """A time of this boot, by the calendar where that is known.

    Args:
        placement: of this boot on the calendar.
        from_ns: CLOCK_BOOTTIME.
        until_ns: the same.
    """
    if placement.offset_ns is None:
        return BootInterval(from_ns, until_ns)
    return Interval(placement.second(from_ns), placement.second(until_ns))


def known_before(placement: Placement, resume: Resume) -> Placement:
    """What is believed, with what an earlier run of this boot knew.

    Args:
        placement: what is believed without it.
        resume: what the store knows of that run.
    """
    if resume.trusted_offset_ns is None:
        return placement
    return replace(placement, offset_ns=resume.trusted_offset_ns, trusted=True)


def unwatched(
    placement: Placement, resume: Resume | None, now_ns: int
) -> Interval | BootInterval:
    """The time that nobody watched before a run.

    By boot time where the last flush has it: the wall clock may have been set since,
    and the step would be stretched over.

    Args:
        placement: of this boot on the calendar.
        resume: what the store knows of the last flush; None where it was in another
            boot.
        now_ns: CLOCK_BOOTTIME now.
    """
    since_ns = resume.boottime_ns if resume else 0
    if since_ns or placement.offset_ns is None:
        return between(placement, min(since_ns, now_ns), now_ns)
    last_s = resume.last_s if resume else None
    end_s = placement.second(now_ns)
    start_s = placement.second(0) if last_s is None else last_s
    return Interval(min(start_s, end_s), end_s)
