"""What was told is told once: over restarts, kills, reloads, clocks and sleeps.

Notifications are counted where they cross the bus, for dunst shows one that comes twice
in its own place; so are the lines of the log.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.desktop.server import Server
from tests.e2e.daemon import wait_for
from tests.e2e.telling import (
    KB,
    LIMIT,
    NEEDS,
    agent_of,
    half,
    log_lines,
    look_again,
    plan,
    reload,
    seldom,
    wait_seen,
)
from tests.e2e.truth import transfer

if TYPE_CHECKING:
    from tests.desktop.listener import Listener
    from tests.desktop.stack import Bus, Desktop
    from tests.e2e.daemon import Esimmon
    from tests.e2e.places import Place
    from tests.e2e.telling import Make
    from tests.e2e.wall import Wall
    from tests.lab import Lab

pytestmark = pytest.mark.needs(*NEEDS)

HOUR_S = 3600
NEXT_MONTH_S = 40 * 24 * HOUR_S
HALF = "Plan travel: 5"  # 52 % or so of 1 MB


@pytest.fixture
def esimmon(make: Make, root: Place, stack: Desktop) -> Esimmon:
    """The program as root in the lab's near namespace, on that desktop."""
    return make(root.given(**stack.session))


@pytest.fixture
def clocked(make: Make, root: Place, stack: Desktop, wall: Wall) -> Esimmon:
    """The same under those clocks."""
    return make(root.given(**stack.session, **wall.environ))


@pytest.fixture
def on_bus(make: Make, root: Place, bus: Bus) -> Esimmon:
    """The program there."""
    address = bus.environ["DBUS_SESSION_BUS_ADDRESS"]
    esimmon = make(root.given(DBUS_SESSION_BUS_ADDRESS=address))
    esimmon.configure(plan())
    return esimmon


def test_a_daemon_that_ends_and_begins_again_says_nothing_anew(
    lab: Lab, esimmon: Esimmon, heard: Listener
) -> None:
    daemon = half(lab, esimmon, plan(50))
    for end in (signal.SIGTERM, signal.SIGKILL, signal.SIGINT, signal.SIGKILL):
        daemon.stop(end)
        daemon = esimmon.start()
        transfer(lab, down=KB)
        assert daemon.flush()
    look_again(lab, daemon)
    assert heard.percents() == [50]
    assert log_lines(esimmon, HALF) == 1


def test_killed_before_anything_is_on_the_screen_it_is_shown_once_by_the_next(
    lab: Lab, on_bus: Esimmon, bus: Bus
) -> None:
    with Server(bus.environ, "GetServerInformation") as server:
        daemon = on_bus.start()
        transfer(lab, down=1100 * KB)
        wait_for(on_bus.alerts, "the alert in the store")
        wait_for(server.holds, "the desktop to be asked")
        daemon.kill()
        server.go_on()
        daemon = on_bus.start()
        wait_seen(on_bus)
        look_again(lab, daemon)
        assert [each.title for each in server.shown] == [LIMIT]
    assert log_lines(on_bus, LIMIT) == 1


def test_killed_when_it_is_shown_and_nobody_knows_it_is_shown_once_more_in_its_place(
    lab: Lab, on_bus: Esimmon, bus: Bus
) -> None:
    """The worst instant: what is on the screen, and in no file."""
    with Server(bus.environ) as server:
        daemon = on_bus.start()

        def kill() -> None:
            wait_for(lambda: on_bus.alerts()[0]["told_by"] == ["journal"], "the log")
            daemon.kill()
            server.on_show = lambda: None

        server.on_show = kill
        transfer(lab, down=1100 * KB)
        wait_for(lambda: daemon.process.poll() is not None, "the kill")
        for _ in range(2):
            daemon = on_bus.start()
            wait_seen(on_bus)
            look_again(lab, daemon)
        assert [each.title for each in server.shown] == [LIMIT, LIMIT]
        assert {each.place for each in server.shown} == {"data.warning/travel"}
    assert log_lines(on_bus, LIMIT) == 1


def test_an_agent_remembers_what_it_showed_also_for_a_daemon_that_was_killed(
    lab: Lab, on_bus: Esimmon, bus: Bus, root: Place
) -> None:
    service = on_bus.at(root)  # no session in its environment
    with Server(bus.environ) as server, agent_of(on_bus):
        daemon = service.start()
        server.on_show = daemon.kill
        transfer(lab, down=1100 * KB)
        wait_for(lambda: daemon.process.poll() is not None, "the kill")
        daemon = service.start()
        wait_seen(service)  # the agent says so again
        look_again(lab, daemon)
        assert [each.title for each in server.shown] == [LIMIT]
    assert log_lines(service, LIMIT) == 1


def test_an_agent_that_is_killed_shows_nothing_anew(
    lab: Lab, esimmon: Esimmon, heard: Listener, root: Place
) -> None:
    service = esimmon.at(root)
    service.configure(plan(50))
    daemon = service.start()
    with agent_of(esimmon):
        transfer(lab, down=510 * KB)
        wait_seen(service)
    with agent_of(esimmon):
        transfer(lab, down=500 * KB)
        wait_seen(service, 2)
    assert daemon.stop() == 0
    assert heard.percents() == [50, 100]


def test_a_reload_to_other_thresholds_says_nothing_anew(
    lab: Lab, esimmon: Esimmon, heard: Listener
) -> None:
    """A lower percent is no news, with the one that was told or in its place."""
    daemon = half(lab, esimmon, plan(50))
    for percents in ((40, 50), (30,), (50, 80), (90,), (50,)):
        reload(daemon, esimmon, plan(*percents))
    look_again(lab, daemon)
    assert heard.percents() == [50]
    assert log_lines(esimmon, HALF) == 1


def test_a_limit_that_was_raised_is_told_of_again_when_it_is_near_again(
    lab: Lab, esimmon: Esimmon, heard: Listener
) -> None:
    daemon = half(lab, esimmon, plan(50))
    reload(daemon, esimmon, plan(50, quota="2 MB"))
    assert [alert["cleared_at"] is None for alert in esimmon.alerts()] == [False]
    assert heard.percents() == [50]
    transfer(lab, down=510 * KB)
    wait_seen(esimmon, 2)
    look_again(lab, daemon)
    assert heard.percents() == [50, 50]
    assert log_lines(esimmon, HALF) == 2


@pytest.mark.parametrize(("down", "percents"), [(850 * KB, [80]), (1100 * KB, [100])])
def test_of_two_thresholds_that_are_passed_at_once_the_highest_is_shown(
    lab: Lab, esimmon: Esimmon, heard: Listener, down: int, percents: list[int]
) -> None:
    esimmon.configure(seldom(50, 80))
    daemon = esimmon.start()
    transfer(lab, down=down)
    wait_seen(esimmon)
    look_again(lab, daemon)
    assert heard.percents() == percents
    assert log_lines(esimmon, "Plan travel: ") == 1


def test_a_clock_that_steps_and_comes_back_says_nothing_anew(
    lab: Lab, clocked: Esimmon, heard: Listener, wall: Wall
) -> None:
    """Before the alert, into the next month, and from there before the alert."""
    daemon = half(lab, clocked, plan(50))
    for ahead_s in (-HOUR_S, 0, NEXT_MONTH_S, -HOUR_S, NEXT_MONTH_S, 0):
        wall.set(ahead_s, synchronised=True)
        for _ in range(2):
            transfer(lab, down=KB)
            assert daemon.flush()
    assert daemon.stop() == 0
    look_again(lab, clocked.start())
    assert heard.percents() == [50]
    assert log_lines(clocked, HALF) == 1


def test_what_was_passed_before_a_sleep_is_told_once_after_it(
    lab: Lab, clocked: Esimmon, heard: Listener, wall: Wall
) -> None:
    """The machine falls asleep before anybody looks: nothing runs, and clocks go on."""
    clocked.configure(plan(50))
    daemon = clocked.start()
    daemon.send(signal.SIGSTOP)
    transfer(lab, down=510 * KB)
    wall.sleep(8 * HOUR_S)
    daemon.send(signal.SIGCONT)
    wait_seen(clocked)
    wall.sleep(16 * HOUR_S)
    assert daemon.flush()
    look_again(lab, daemon)
    assert heard.percents() == [50]
    assert log_lines(clocked, HALF) == 1
