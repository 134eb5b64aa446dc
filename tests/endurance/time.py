"""Clocks that are pushed about at random under a daemon that counts real traffic.

    python -m tests.endurance.time [--times N] [--moments N] [--seed N]

Each story is a store of its own: the wall clock steps by a second to ten years, with
and without a synchronised clock, several times between two samples; the machine sleeps,
travels, and changes to summer time; the daemon is halted, killed and stopped. After
each moment the counters of the kernel, spans, sums, alerts and the plan's standing are
compared. A story is told again by its seed.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.e2e.daemon import Esimmon
from tests.e2e.places import root_in
from tests.e2e.wall import Wall
from tests.endurance.story import Story
from tests.endurance.zones import Zone
from tests.lab import Lab

if TYPE_CHECKING:
    from collections.abc import Iterator

HOUR_S, DAY_S = 3600, 86_400
YEAR_S = 365 * DAY_S
STEPS_S = tuple(
    sign * step
    for step in (1, 60, HOUR_S, DAY_S, YEAR_S, 10 * YEAR_S)
    for sign in (1, -1)
)
PLACES = ("Asia/Karachi", "Asia/Shanghai", "America/New_York", "Pacific/Chatham", "UTC")
_MOST_HOURS, _JOB_S = 5, 20
_HALT_S = 2.5  # longer than two samples


def step(story: Story) -> str:
    """The clock is set, as NTP does it or as a person."""
    is_right = story.chance.random() < 0.7
    by_s = story.chance.choice(STEPS_S)
    if abs(story.ahead_s + by_s) > 11 * YEAR_S:
        by_s = -by_s
    story.set_clock(story.ahead_s + by_s, synchronised=is_right)
    return f"step {by_s:+} s, synchronised {is_right}"


def steps(story: Story) -> str:
    """Several times between two samples, with traffic in between."""
    said = []
    for _ in range(story.chance.randint(2, 4)):
        said.append(step(story))
        story.move()
    return "; ".join(said)


def back(story: Story) -> str:
    """The clock is right again."""
    story.set_clock(0, synchronised=True)
    return "the clock is right"


def turn_of_the_hour(story: Story) -> str:
    """The calendar sums up what is over, whichever way the clock went.

    A job that still runs from the start is not begun again: the next hour does it.
    """
    story.set_clock(story.ahead_s, synchronised=True)
    story.check()
    for hours in range(1, _MOST_HOURS):
        now_s = story.now_s()
        # One second before the first minute of an hour of the local clocks is over.
        later_s = (59 - story.zone.past_the_hour_s) % HOUR_S
        over_s = now_s - now_s % HOUR_S + HOUR_S + later_s
        story.set_clock(story.ahead_s + over_s - now_s, synchronised=True)
        deadline = time.monotonic() + _JOB_S
        while time.monotonic() < deadline:
            if story.is_summed(over_s):
                return f"{hours} hours are over"
            time.sleep(0.1)
    raise AssertionError("hours that are over are not summed up")


def sleep(story: Story) -> str:
    """The machine sleeps."""
    slept_s = story.chance.choice((120, HOUR_S, 8 * HOUR_S))
    story.wall.sleep(story.wall.slept_s + slept_s)
    return f"sleep of {slept_s} s"


def halt(story: Story) -> str:
    """The daemon gets no processor for a while; the clock may be set meanwhile."""
    story.daemon.send(signal.SIGSTOP)
    said = ""
    try:
        story.move()
        time.sleep(_HALT_S)
        if story.chance.random() < 0.5:
            said = step(story)
    finally:
        story.daemon.send(signal.SIGCONT)
    return f"halted; {said}"


def kill(story: Story) -> str:
    """The daemon is killed, the clock perhaps set, and started again."""
    story.daemon.kill()
    story.move()
    said = step(story) if story.chance.random() < 0.5 else ""
    story.start()
    return f"killed; {said}"


def stop(story: Story) -> str:
    """The daemon is stopped, the clock perhaps set, and started again."""
    assert story.daemon.stop() == 0, story.daemon.said()
    story.move()
    said = step(story) if story.chance.random() < 0.5 else ""
    story.start()
    return f"stopped; {said}"


def travel(story: Story) -> str:
    """The machine is in another time zone."""
    place = story.chance.choice(PLACES)
    story.zone.travel(place)
    return f"travel to {place}"


def summer(story: Story) -> str:
    """Local clocks are changed in a second, forward or back."""
    offsets = [HOUR_S, 2 * HOUR_S]
    story.chance.shuffle(offsets)
    story.zone.change(story.now_s() + 1, *offsets)
    story.move()
    time.sleep(1.1)
    return f"local clocks from {offsets[0]:+} to {offsets[1]:+}"


MOMENTS = (
    step,
    step,
    steps,
    back,
    turn_of_the_hour,
    sleep,
    halt,
    kill,
    stop,
    travel,
    summer,
)


class BrokenError(AssertionError):
    """A promise was, and in which story."""


@contextmanager
def told_in(lab: Lab, seed: int) -> Iterator[Story]:
    """A story that has begun.

    Args:
        lab: where the traffic is.
        seed: all that happens comes from it.
    """
    with tempfile.TemporaryDirectory(prefix="esimmon-time-") as name:
        folder = Path(name)
        home = folder / "store"
        home.mkdir()
        wall, zone = Wall(folder), Zone(folder)
        place = root_in(lab.near).given(**wall.environ, **zone.environ)
        esimmon = Esimmon(home, place)
        chance = random.Random(seed)  # noqa: S311 - a story that can be told again
        story = Story(lab, esimmon, (wall, zone), chance)
        try:
            begin(story)
            yield story
        except AssertionError as error:
            raise BrokenError(f"{error}\n{story.so_far()}") from error
        finally:
            esimmon.close()


def begin(story: Story) -> None:
    """Start with a right clock, one that nobody vouches for, or one without power."""
    how = story.chance.choice(("right", "unverified", "1970"))
    ahead_s = {"right": 0, "unverified": 20 * DAY_S, "1970": -50 * YEAR_S}[how]
    story.set_clock(ahead_s, synchronised=how == "right")
    story.moments.append(f"the clock is {how}")
    story.begin()
    if how == "1970":
        story.move()
        story.check(is_placed=False)
        back(story)


def tell(story: Story, moments: int) -> None:
    """Let things happen, and look after each of them.

    Args:
        story: has begun.
        moments: how many.

    Raises:
        AssertionError: a promise was broken.
    """
    for _ in range(moments):
        story.move()
        happens = story.chance.choice(MOMENTS)
        story.moments.append(happens.__name__)
        story.moments[-1] += f": {happens(story)}"
        story.move()
        story.check()
    story.moments.append("end")
    back(story)
    story.check()
    assert story.daemon.stop() == 0, story.daemon.said()
    assert "Traceback" not in story.daemon.said(), story.daemon.said()


def main() -> int:
    """Tell stories.

    Returns:
        1 when a promise was broken.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=20, help="stories")
    parser.add_argument("--moments", type=int, default=20, help="of each")
    parser.add_argument("--seed", type=int, default=1, help="of the first")
    wanted = parser.parse_args()
    broken = 0
    kinds: dict[str, int] = {}
    with Lab() as lab:
        for seed in range(wanted.seed, wanted.seed + wanted.times):
            sys.stderr.write(f"story {seed}\n")
            try:
                with told_in(lab, seed) as story:
                    tell(story, wanted.moments)
                    for moment in story.moments:
                        kind = moment.partition(":")[0]
                        kinds[kind] = kinds.get(kind, 0) + 1
            except BrokenError as error:
                broken += 1
                sys.stderr.write(f"story {seed}: {error}\n")
    sys.stdout.write(f"stories: {wanted.times}, broken: {broken}\n")
    for kind, number in sorted(kinds.items()):
        sys.stdout.write(f"{number:6} {kind}\n")
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main())
