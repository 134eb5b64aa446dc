"""By which channels a person hears of what, how loudly, and not in quiet hours."""

from __future__ import annotations

import signal
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.desktop.stack import wait_for as wait_long
from tests.e2e.daemon import wait_for
from tests.e2e.telling import agent_of
from tests.e2e.test_alerts import PLAN, WARNED, listed, relaying
from tests.e2e.truth import transfer
from tests.e2e.wall import Wall
from tests.hook import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.desktop.stack import Desktop
    from tests.e2e.daemon import Daemon, Esimmon
    from tests.e2e.places import Place
    from tests.hook import Hook
    from tests.lab import Lab

pytestmark = pytest.mark.needs(
    *("Xvfb", "dunst", "dunstctl", "dbus-daemon", "dbus-send", "notify-send"),
    *("clang", "/usr/include/stdlib.h"),
)

NIGHT = '[alerts]\nquiet = "22:00-07:00"\n'
_LONGEST_WAIT_S = 60.0  # the agent looks at the clock twice a minute


class Home(NamedTuple):
    """What a test is about.

    Attributes:
        service: the program as root in Greenwich, without a desktop.
        esimmon: the same on the desktop.
        stack: that desktop.
        hook: what a relay sends alerts to.
        wall: the clock by which they all live.
    """

    service: Esimmon
    esimmon: Esimmon
    stack: Desktop
    hook: Hook
    wall: Wall


@pytest.fixture
def home(
    make: Callable[[Place], Esimmon], root: Place, folder: Path, stack: Desktop
) -> Iterator[Home]:
    """It is three in the morning."""
    wall = Wall(folder)
    set_to(wall, 3, 0, 0)
    service = make(root.given(TZ="UTC", **wall.environ))
    esimmon = service.at(service.place.given(**stack.session))
    (folder / "relay").mkdir()
    addresses = folder / "relay" / "push"
    addresses.touch(mode=0o600)
    with serving() as hook:
        addresses.write_text(hook.url, encoding="utf-8")
        with relaying(service, addresses):
            yield Home(service, esimmon, stack, hook, wall)


def set_to(wall: Wall, hour: int, minute: int, second: int) -> str:
    """Set it to that time of tomorrow.

    Returns:
        The day.
    """
    now = datetime.now(UTC).replace(microsecond=0)
    then = (now + timedelta(1)).replace(hour=hour, minute=minute, second=second)
    wall.set(int((then - now).total_seconds()), synchronised=True)
    return then.strftime("%Y-%m-%d")


def reload(service: Esimmon, daemon: Daemon, text: str) -> None:
    """Let the daemon take another configuration."""
    service.configure(text)
    daemon.send(signal.SIGHUP)


def ways(service: Esimmon) -> list[list[str]]:
    """By which each alert was told, without the log that has them all."""
    return [sorted(alert["told_by"][1:]) for alert in listed(service)]


@pytest.mark.parametrize("shown_by", ["desktop", "agent"])
def test_what_is_raised_in_the_night_is_told_in_the_morning(
    lab: Lab, home: Home, shown_by: str
) -> None:
    service, esimmon, stack, hook, wall = home
    service.configure(NIGHT + WARNED)
    with ExitStack() as parts:
        if shown_by == "agent":
            parts.enter_context(agent_of(esimmon))
        (service if shown_by == "agent" else esimmon).start()
        transfer(lab, down=5_200_000, up=1000)
        wait_for(lambda: listed(service), "the alert")
        time.sleep(1.5)  # another tick
        assert ways(service) == [[]]
        assert [each["state"] for each in listed(service)] == ["waiting"]
        day = set_to(wall, 6, 59, 55)
        both = [sorted([shown_by, "push"])]
        wait_long(lambda: ways(service) == both, "the morning", _LONGEST_WAIT_S)
    (alert,) = listed(service)
    assert alert["raised_at"] < f"{day}T03:30"
    assert alert["told_at"] >= f"{day}T07:00"
    assert len(hook.got) == len(stack.shown()) == 1


def test_what_ends_before_the_morning_is_told_by_the_list_alone(
    lab: Lab, home: Home
) -> None:
    service, esimmon, stack, hook, wall = home
    service.configure(NIGHT + WARNED)
    with agent_of(esimmon):
        daemon = service.start()
        transfer(lab, down=5_200_000, up=1000)
        wait_for(lambda: listed(service), "the warning")
        reload(service, daemon, NIGHT + WARNED.replace('"10 MB"', '"1 GB"'))
        wait_for(lambda: listed(service)[0]["cleared_at"], "its end")
        set_to(wall, 7, 0, 0)
        reload(service, daemon, NIGHT + PLAN.replace('"1 MB"', '"5 MB"'))
        wait_for(lambda: ways(service) == [[], ["agent", "push"]], "the limit")
    limit = "Plan travel: nothing left of 5.00 MB"
    assert [got["title"] for got in hook.got] == [limit]
    assert [title for title, _ in stack.shown()] == [limit]


def test_a_rule_says_how_loudly_and_where_and_a_reload_brings_it(
    lab: Lab, home: Home
) -> None:
    _, esimmon, stack, hook, _ = home
    plan = WARNED.replace("[50, 80]", "[50]")
    rule = '[[alerts.rule]]\nkinds = ["data.warning"]\nurgency = "critical"\n'
    esimmon.configure(NIGHT + rule + 'channels = ["desktop"]\n' + plan)
    daemon = esimmon.start()
    transfer(lab, down=5_200_000, up=1000)
    wait_for(lambda: ways(esimmon) == [["desktop"]], "the notification")
    ((urgency, *_),) = stack.told(1)
    assert urgency == "CRITICAL"

    rule = '[[alerts.rule]]\nkinds = ["data.limit"]\nurgency = "low"\n'
    reload(esimmon, daemon, rule + 'channels = ["push"]\n' + plan)
    # The rule that kept it here is gone, and so is the night.
    wait_for(lambda: ways(esimmon) == [["desktop", "push"]], "the web hook")
    transfer(lab, down=5_200_000, up=1000)
    wait_for(lambda: ways(esimmon)[-1] == ["push"], "the web hook")
    kinds = {alert["kind"] for alert in listed(esimmon)}
    assert kinds == {"data.warning", "data.limit"}
    assert [got["type"] for got in hook.got] == ["warning", "info"]
    assert all("nothing left" not in title for title, _ in stack.shown())
