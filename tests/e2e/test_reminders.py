"""What falls due is told at its second, once, however long the tick and the clock."""

from __future__ import annotations

import json
import signal
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.daemon import SLOW, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.daemon import Daemon, Esimmon
    from tests.e2e.places import Place
    from tests.e2e.wall import Wall

pytestmark = pytest.mark.needs("clang", "/usr/include/stdlib.h")

HOUR_S = 3600
SOON_S = 8
WELL_BEFORE_THE_BEAT_S = 10


def text(at_s: int) -> str:
    """As the configuration has it."""
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def ending(end_s: int) -> str:
    """A configuration with a plan that ends then, and a tick of a minute."""
    return f"""{SLOW}
[[plan]]
id = "trip"
quota = "1 GB"
tz = "UTC"
remind = ["24 h"]
match.interface = ["wwan*"]
[plan.validity]
kind = "fixed"
start = {text(end_s - 30 * 24 * HOUR_S)}
end = {text(end_s)}
"""


@pytest.fixture
def esimmon(wall: Wall, root: Place, make: Callable[[Place], Esimmon]) -> Esimmon:
    """The program as root in the lab's near namespace, under that clock."""
    return make(root.given(**wall.environ))


def told(esimmon: Esimmon) -> list[tuple[str, str]]:
    """Kind and detail of all alerts, the oldest first."""
    return [(each["kind"], each["detail"]) for each in listed(esimmon)]


def listed(esimmon: Esimmon) -> list[dict[str, Any]]:
    """What `esimmon alerts list` has, the oldest first."""
    done = esimmon.plainly("alerts", "list", "--json", "--store", esimmon.store)
    assert (done.returncode, done.stderr) == (0, "")
    found: list[dict[str, Any]] = json.loads(done.stdout)["alerts"]
    return sorted(found, key=lambda each: str(each["raised_at"]))


def raised_s(esimmon: Esimmon, kind: str) -> int:
    """UTC second at which the only alert of a kind was raised."""
    (found,) = (each for each in listed(esimmon) if each["kind"] == kind)
    return int(datetime.fromisoformat(found["raised_at"]).timestamp())


def is_expired(esimmon: Esimmon) -> bool:
    """Whether the end was told."""
    return any(kind == "expiry.expired" for kind, _ in told(esimmon))


def check_end(esimmon: Esimmon, end_s: int) -> None:
    """The end is told at its second, by the wall clock."""
    wait_for(lambda: is_expired(esimmon), "the end of the plan")
    raised = raised_s(esimmon, "expiry.expired")
    assert end_s <= raised < end_s + WELL_BEFORE_THE_BEAT_S


def start(esimmon: Esimmon, end_s: int) -> Daemon:
    """Start with a plan that ends then."""
    esimmon.configure(ending(end_s))
    return esimmon.start()


def test_the_end_of_a_plan_is_told_at_its_second_though_the_tick_is_a_minute(
    esimmon: Esimmon,
) -> None:
    end_s = int(time.time()) + SOON_S
    daemon = start(esimmon, end_s)
    assert told(esimmon) == [("expiry.soon", "24h")]
    check_end(esimmon, end_s)
    assert daemon.stop() == 0
    assert told(esimmon) == [("expiry.soon", "24h"), ("expiry.expired", text(end_s))]


def test_a_reminder_is_told_at_its_second(esimmon: Esimmon) -> None:
    due_s = int(time.time()) + SOON_S
    start(esimmon, due_s + 24 * HOUR_S)
    assert told(esimmon) == []
    wait_for(lambda: told(esimmon), "the reminder")
    assert due_s <= raised_s(esimmon, "expiry.soon") < due_s + WELL_BEFORE_THE_BEAT_S


def test_a_plan_that_comes_by_a_reload_is_judged_at_once_and_told_at_its_second(
    esimmon: Esimmon,
) -> None:
    daemon = esimmon.start()
    esimmon.configure(SLOW)
    daemon.send(signal.SIGHUP)
    end_s = int(time.time()) + SOON_S
    esimmon.configure(ending(end_s))
    daemon.send(signal.SIGHUP)
    wait_for(lambda: told(esimmon) == [("expiry.soon", "24h")], "the reminder")
    check_end(esimmon, end_s)


def step(daemon: Daemon, wall: Wall, ahead_s: int) -> None:
    """Set the clock, and have a tick as the kernel's word of it would make one."""
    wall.set(ahead_s, synchronised=True)
    assert daemon.flush()
    assert daemon.flush()


def test_after_a_clock_step_the_end_is_told_at_its_new_second(
    esimmon: Esimmon, wall: Wall
) -> None:
    end_s = int(time.time()) + HOUR_S + SOON_S
    daemon = start(esimmon, end_s)
    step(daemon, wall, HOUR_S)
    check_end(esimmon, end_s)


def test_a_clock_that_is_set_back_tells_nothing_at_the_old_second(
    esimmon: Esimmon, wall: Wall
) -> None:
    end_s = int(time.time()) + SOON_S
    daemon = start(esimmon, end_s)
    step(daemon, wall, -HOUR_S)
    wait_for(lambda: time.time() > end_s + 2, "the old second")
    assert not is_expired(esimmon)
    step(daemon, wall, 0)
    wait_for(lambda: is_expired(esimmon), "the end of the plan")


def test_a_clock_that_steps_over_a_reminder_and_back_tells_it_once(
    esimmon: Esimmon, wall: Wall
) -> None:
    end_s = int(time.time()) + 25 * HOUR_S
    daemon = start(esimmon, end_s)
    assert told(esimmon) == []
    for step_s in (2 * HOUR_S, 0, 2 * HOUR_S, 3 * HOUR_S):
        step(daemon, wall, step_s)
        assert told(esimmon) == [("expiry.soon", "24h")]


def test_a_restart_over_a_reminder_and_over_the_end_tells_each_once(
    esimmon: Esimmon, wall: Wall
) -> None:
    end_s = int(time.time()) + 25 * HOUR_S
    start(esimmon, end_s).stop()
    assert told(esimmon) == []
    wall.set(2 * HOUR_S, synchronised=True)
    for is_killed in (True, False):
        daemon = esimmon.start()
        assert told(esimmon) == [("expiry.soon", "24h")]
        daemon.kill() if is_killed else daemon.stop()
    wall.set(26 * HOUR_S, synchronised=True)
    expected = [("expiry.soon", "24h"), ("expiry.expired", text(end_s))]
    for _ in range(2):
        daemon = esimmon.start()
        assert told(esimmon) == expected
        daemon.stop()
