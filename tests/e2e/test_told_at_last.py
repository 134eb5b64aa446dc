"""What nobody could be shown is shown when somebody can be: once, if it still holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.desktop.server import Server
from tests.e2e.daemon import wait_for
from tests.e2e.telling import (
    KB,
    LIMIT,
    NEEDS,
    agent_of,
    failures,
    half,
    is_seen,
    log_lines,
    look_again,
    plan,
    reload,
    wait_seen,
)
from tests.e2e.truth import billed, raw, transfer

if TYPE_CHECKING:
    from tests.desktop.listener import Listener
    from tests.desktop.stack import Bus, Desktop
    from tests.e2e.daemon import Esimmon
    from tests.e2e.places import Place
    from tests.e2e.telling import Make
    from tests.e2e.wall import Wall
    from tests.lab import Lab

pytestmark = pytest.mark.needs(*NEEDS)

A_WHILE_S = 900  # longer than between any two tries


@pytest.fixture
def on_bus(make: Make, root: Place, bus: Bus, wall: Wall) -> Esimmon:
    """The program where nobody shows anything yet, under clocks that a test sets."""
    address = bus.environ["DBUS_SESSION_BUS_ADDRESS"]
    esimmon = make(root.given(DBUS_SESSION_BUS_ADDRESS=address, **wall.environ))
    esimmon.configure(plan())
    return esimmon


@pytest.fixture
def service(make: Make, root: Place, stack: Desktop, wall: Wall) -> Esimmon:
    """The program on a desktop, under those clocks."""
    return make(root.given(**stack.session, **wall.environ))


def pass_time(wall: Wall, esimmon: Esimmon) -> None:
    """Let the daemon try again."""
    wall.sleep(wall.slept_s + A_WHILE_S)
    assert esimmon.daemons[-1].flush()


def wait_until_seen(wall: Wall, esimmon: Esimmon, count: int = 1) -> None:
    """Let it try again and again, until so many alerts were seen."""

    def is_seen_then() -> bool:
        pass_time(wall, esimmon)
        return is_seen(esimmon, count)

    wait_for(is_seen_then, f"{count} alerts that were seen")


def test_a_bus_without_anybody_who_shows_it_and_then_there_is_one(
    lab: Lab, on_bus: Esimmon, bus: Bus, wall: Wall
) -> None:
    daemon = on_bus.start()
    transfer(lab, down=1100 * KB)
    wait_for(lambda: "no notification daemon runs" in failures(on_bus), "the failure")
    with Server(bus.environ) as server:
        wait_until_seen(wall, on_bus)
        look_again(lab, daemon)
        look_again(lab, on_bus.start())
        assert [each.title for each in server.shown] == [LIMIT]
    assert log_lines(on_bus, LIMIT) == 1
    assert log_lines(on_bus, "was not shown on the desktop") == 1


def test_no_bus_at_all_and_then_there_is_one(
    lab: Lab, on_bus: Esimmon, bus: Bus, root: Place
) -> None:
    nowhere = on_bus.at(root.given(DBUS_SESSION_BUS_ADDRESS="unix:path=/nowhere"))
    daemon = nowhere.start()
    transfer(lab, down=1100 * KB)
    wait_for(lambda: "the session bus" in failures(on_bus), "the failure")
    look_again(lab, daemon)
    with Server(bus.environ) as server:
        for _ in range(2):
            daemon = on_bus.start()
            wait_seen(on_bus)
            look_again(lab, daemon)
        assert [each.title for each in server.shown] == [LIMIT]
    assert log_lines(on_bus, LIMIT) == 1


def test_one_that_hangs_holds_nothing_up_and_is_asked_once(
    lab: Lab, on_bus: Esimmon, bus: Bus, wall: Wall
) -> None:
    """It shows what it was asked for when it goes on, so nobody may ask it again."""
    before = raw(lab.near)
    with Server(bus.environ, "Notify") as server:
        daemon = on_bus.start()
        transfer(lab, down=1100 * KB)
        wait_for(server.holds, "the desktop to hang")
        for _ in range(3):  # the ticks go on, and what they count is stored
            transfer(lab, down=100 * KB)
            moved = raw(lab.near) - before
            wait_for(lambda: billed(on_bus.report()) == moved, "the next sample")  # noqa: B023 - asked within this turn
        wait_for(lambda: "the desktop hangs" in failures(on_bus), "the failure")
        pass_time(wall, on_bus)
        wait_for(lambda: "still waits" in failures(on_bus), "the next try")
        assert server.shown == []
        server.go_on()
        wait_for(lambda: server.shown, "the notification")
        wait_until_seen(wall, on_bus)
        look_again(lab, daemon)
        look_again(lab, on_bus.start())
        assert [each.title for each in server.shown] == [LIMIT]
    assert log_lines(on_bus, LIMIT) == 1


def test_one_that_vanishes_and_comes_back_shows_what_holds_then(
    lab: Lab, service: Esimmon, stack: Desktop, heard: Listener, wall: Wall
) -> None:
    """What it had shown is not shown again; of what it missed only the highest is."""
    daemon = half(lab, service, plan(50, 70))
    stack.dunst.kill()
    stack.dunst.wait()
    transfer(lab, down=210 * KB)
    wait_for(lambda: len(service.alerts()) == 2, "the second alert")
    transfer(lab, down=400 * KB)
    wait_for(lambda: "no notification daemon runs" in failures(service), "the failure")
    assert is_seen(service)
    with stack.another_dunst():
        wait_until_seen(wall, service, 2)
        look_again(lab, daemon)
        look_again(lab, service.start())
        assert heard.percents() == [50, 100]
        assert stack.displayed() == 1
    assert log_lines(service, "Plan travel: ") == 3


def test_one_that_comes_back_too_late_shows_nothing(
    lab: Lab, service: Esimmon, stack: Desktop, heard: Listener, wall: Wall
) -> None:
    service.configure(plan(50))
    daemon = service.start()
    stack.dunst.kill()
    stack.dunst.wait()
    transfer(lab, down=510 * KB)
    wait_for(lambda: "no notification daemon runs" in failures(service), "the failure")
    reload(daemon, service, plan(50, quota="2 MB"))
    with stack.another_dunst():
        pass_time(wall, service)
        look_again(lab, daemon)
        assert heard.asked() == []
    assert log_lines(service, "Plan travel: ") == 1


@pytest.fixture
def system(service: Esimmon, root: Place, wall: Wall) -> Esimmon:
    """The daemon of the machine, which has no desktop."""
    return service.at(root.given(**wall.environ))


def test_an_agent_that_comes_later_shows_only_the_last_word_on_a_plan(
    lab: Lab, service: Esimmon, system: Esimmon, heard: Listener
) -> None:
    system.configure(plan(50, 70))
    daemon = system.start()
    for down in (510 * KB, 210 * KB, 400 * KB):
        count = len(system.alerts()) + 1
        transfer(lab, down=down)
        wait_for(lambda: len(system.alerts()) == count, "the next alert")  # noqa: B023 - asked within this turn
    with agent_of(service):
        wait_seen(system)
        look_again(lab, daemon)
    assert heard.percents() == [100]
    assert log_lines(system, "Plan travel: ") == 3


def test_an_agent_that_comes_later_shows_nothing_that_is_over(
    lab: Lab, service: Esimmon, system: Esimmon, heard: Listener
) -> None:
    """Neither a network that no plan paid for, nor a limit that was raised."""
    elsewhere = plan(50).replace("wwan*", "usb*")
    system.configure(elsewhere + '[interfaces]\nmetered = ["wwan*"]\n')
    daemon = system.start()
    while not system.alerts():  # of the network that no plan pays for
        transfer(lab, down=KB)
    reload(daemon, system, plan(50))
    transfer(lab, down=510 * KB)
    wait_for(lambda: len(system.alerts()) == 2, "the warning")
    reload(daemon, system, plan(50, quota="2 MB"))
    assert all(alert["cleared_at"] for alert in system.alerts())
    with agent_of(service):
        # It is there when it shows what comes now, and that is all it shows.
        transfer(lab, down=510 * KB)
        wait_seen(system)
        look_again(lab, daemon)
    assert heard.percents() == [50]


def test_an_agent_whose_desktop_comes_later_than_itself_shows_it_then(
    lab: Lab, service: Esimmon, system: Esimmon, stack: Desktop, heard: Listener
) -> None:
    """It tries again by itself only after half a minute: here it begins anew."""
    system.configure(plan())
    daemon = system.start()
    stack.dunst.kill()
    stack.dunst.wait()
    with agent_of(service):
        transfer(lab, down=1100 * KB)
        wait_for(lambda: "no notification daemon" in failures(system), "the failure")
    with stack.another_dunst(), agent_of(service):
        wait_seen(system)
        look_again(lab, daemon)
        assert heard.percents() == [100]
    assert log_lines(system, LIMIT) == 1
