"""A limit that is passed is on the screen at once, once, and in the list for good."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.desktop.stack import desktop
from tests.e2e.daemon import QUICK, SLOW, wait_for
from tests.e2e.places import NOBODY
from tests.e2e.telling import agent_of
from tests.e2e.truth import transfer
from tests.hook import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.desktop.stack import Desktop
    from tests.e2e.daemon import Esimmon
    from tests.e2e.places import Place
    from tests.lab import Lab

pytestmark = pytest.mark.needs(
    "Xvfb", "dunst", "dunstctl", "dbus-daemon", "dbus-send", "import", "notify-send"
)

PLAN = f"""{QUICK}
[[plan]]
id = "travel"
quota = "1 MB"
every = "month"
billing_day = 1
warn_pct = []
match.interface = ["wwan*"]
"""
WARNED = PLAN.replace("[]", "[50, 80]").replace('"1 MB"', '"10 MB"')


@pytest.fixture
def esimmon(make: Callable[[Place], Esimmon], root: Place, stack: Desktop) -> Esimmon:
    """The program as root in the lab's near namespace, on that desktop."""
    esimmon = make(root.given(**stack.session))
    esimmon.configure(PLAN)
    return esimmon


def listed(esimmon: Esimmon) -> list[dict[str, Any]]:
    """What `esimmon alerts list` has."""
    return esimmon.alerts()


def told(esimmon: Esimmon) -> list[dict[str, Any]]:
    """The alerts that a person has seen: the journal has each of them at once."""
    return [alert for alert in listed(esimmon) if alert["told_by"][1:]]


def test_a_limit_is_on_the_screen_within_a_tick_and_once_also_after_restarts(
    lab: Lab, esimmon: Esimmon, stack: Desktop, tmp_path: Path
) -> None:
    daemon = esimmon.start()
    assert listed(esimmon) == []
    before = stack.screenshot(tmp_path / "before.png")
    transfer(lab, down=1_200_000, up=1000)
    wait_for(lambda: told(esimmon), "the notification")
    time.sleep(0.3)  # it is drawn after the answer
    after = stack.screenshot(tmp_path / "alert.png")
    assert sum(a != b for a, b in zip(before, after, strict=True)) > 10_000

    (alert,) = listed(esimmon)
    assert (alert["kind"], alert["plan"], alert["detail"]) == (
        "data.limit",
        "travel",
        "100",
    )
    assert alert["told_by"] == ["journal", "desktop"]
    assert alert["cleared_at"] is None
    assert "Plan travel: nothing left of 1.00 MB" in daemon.said()
    assert esimmon.call("status", "--check").returncode == 11

    for is_killed in (True, False):
        daemon.kill() if is_killed else daemon.stop()
        daemon = esimmon.start()
        transfer(lab, down=100_000, up=1000)
        daemon.flush()
        assert listed(esimmon) == [alert]
    assert [title for title, _ in stack.shown()] == [
        "Plan travel: nothing left of 1.00 MB"
    ]


def test_thresholds_are_told_as_they_are_passed_with_who_used_most(
    lab: Lab, esimmon: Esimmon, stack: Desktop
) -> None:
    esimmon.configure(WARNED)
    esimmon.start()
    for amount, kinds in ((5_200_000, ["50"]), (3_200_000, ["50", "80"])):
        transfer(lab, down=amount, up=1000)
        wait_for(lambda: len(told(esimmon)) == len(kinds), "the notification")  # noqa: B023 - asked within this turn
        assert [alert["detail"] for alert in listed(esimmon)] == kinds
    assert [percent for _, _, percent, *_ in stack.told(2)] == ["50", "80"]
    ((title, body),) = stack.shown()  # the second in the place of the first
    assert title.partition(" %")[2] == " of 10.0 MB used"
    assert "most by traffic.py (" in body
    assert "left until 1 " in body


def test_a_threshold_is_told_when_it_is_passed_and_not_with_the_next_sample(
    lab: Lab, esimmon: Esimmon, stack: Desktop
) -> None:
    """The next one is a minute away, and nobody here waits so long."""
    esimmon.configure(WARNED.replace(QUICK, SLOW))
    esimmon.start()
    for amount, kinds in ((5_200_000, ["50"]), (3_200_000, ["50", "80"])):
        transfer(lab, down=amount, up=1000)
        wait_for(lambda: len(told(esimmon)) == len(kinds), "the notification")  # noqa: B023 - asked within this turn
        assert [alert["detail"] for alert in listed(esimmon)] == kinds
    assert [percent for _, _, percent, *_ in stack.told(2)] == ["50", "80"]


def test_a_threshold_passed_while_the_daemon_was_down_is_told_when_it_starts(
    lab: Lab, esimmon: Esimmon, stack: Desktop
) -> None:
    esimmon.start().stop()
    transfer(lab, down=1_200_000, up=1000)
    esimmon.start()
    wait_for(lambda: told(esimmon), "the notification")
    assert [title for title, _ in stack.shown()] == [
        "Plan travel: nothing left of 1.00 MB"
    ]


def test_what_nobody_saw_is_shown_by_the_next_run(
    lab: Lab, esimmon: Esimmon, stack: Desktop, root: Place
) -> None:
    blind = esimmon.at(root.given(DBUS_SESSION_BUS_ADDRESS="unix:path=/nowhere"))
    daemon = blind.start()
    transfer(lab, down=1_200_000, up=1000)
    wait_for(lambda: listed(blind) and listed(blind)[0]["failures"], "the failure")
    assert "the alert was not shown on the desktop: the session bus" in daemon.said()
    assert daemon.said().count("was not shown") == 1
    (alert,) = listed(blind)
    assert alert["told_at"] is None
    daemon.stop()

    esimmon.start()
    wait_for(lambda: told(esimmon), "the notification")
    (again,) = listed(esimmon)
    assert (again["id"], again["raised_at"]) == (alert["id"], alert["raised_at"])
    assert len(stack.shown()) == 1


def test_a_desktop_that_hangs_holds_up_neither_the_counting_nor_the_end(
    lab: Lab, esimmon: Esimmon, stack: Desktop
) -> None:
    daemon = esimmon.start()
    stack.dunst.send_signal(signal.SIGSTOP)
    transfer(lab, down=1_200_000, up=1000)
    wait_for(lambda: listed(esimmon), "the alert in the list")
    begun_s = time.monotonic()
    assert daemon.stop() == 0
    assert time.monotonic() - begun_s < 5
    (alert,) = listed(esimmon)
    assert alert["told_at"] is None
    stack.dunst.send_signal(signal.SIGCONT)
    esimmon.start()
    wait_for(lambda: told(esimmon), "the notification")
    assert len(stack.shown()) == 1


def test_a_program_without_a_terminal_is_told_when_it_moves_much(
    lab: Lab, esimmon: Esimmon, stack: Desktop
) -> None:
    esimmon.configure(f'{QUICK}\n[background]\nrate = "2 MB"\nwithin = "1 min"\n')
    esimmon.start()
    transfer(lab, down=2_200_000, up=1000)
    wait_for(lambda: told(esimmon), "the notification")
    (alert,) = listed(esimmon)
    assert (alert["kind"], alert["application"]) == ("background.rate", "traffic.py")
    assert alert["network"] == "if:wwan0"
    assert alert["plan"] is None
    assert "traffic.py moved 2." in stack.shown()[0][0]


def test_an_agent_shows_what_the_daemon_cannot_and_follows_its_restarts(
    lab: Lab, esimmon: Esimmon, stack: Desktop, root: Place
) -> None:
    service = esimmon.at(root)  # no session in its environment
    daemon = service.start()
    with agent_of(esimmon) as agent:
        transfer(lab, down=1_200_000, up=1000)
        wait_for(lambda: told(service), "the notification")
        assert listed(service)[0]["told_by"] == ["journal", "agent"]
        daemon.stop()
        service.start()
        transfer(lab, down=100_000, up=1000)
        time.sleep(1.5)
        assert agent.poll() is None
        assert len(stack.shown()) == 1


def test_run_by_sudo_shows_alerts_to_the_person_who_typed_it(
    lab: Lab, make: Callable[[Place], Esimmon], root: Place, folder: Path
) -> None:
    theirs = folder / "theirs"
    theirs.mkdir()
    os.chown(theirs, NOBODY, NOBODY)
    with desktop(theirs, user=NOBODY) as stack:
        sudo = {"SUDO_UID": str(NOBODY), "DISPLAY": stack.environ["DISPLAY"]}
        address = stack.environ["DBUS_SESSION_BUS_ADDRESS"]
        service = make(root.given(DBUS_SESSION_BUS_ADDRESS=address, **sudo))
        service.configure(PLAN)
        daemon = service.start()
        transfer(lab, down=1_200_000, up=1000)
        wait_for(lambda: told(service), "the notification")
        assert listed(service)[0]["told_by"] == ["journal", "agent"]
        assert daemon.stop() == 0
        assert len(stack.shown()) == 1


@contextmanager
def relaying(esimmon: Esimmon, addresses: Path) -> Iterator[None]:
    """`esimmon relay` outside of the lab, where the web hook is."""
    environ = esimmon.place.environ | {"CREDENTIALS_DIRECTORY": str(addresses.parent)}
    python, store = esimmon.place.python, str(esimmon.store)
    command = [python, "-m", "monitor", "relay", "--store", store]
    with subprocess.Popen(command, env=environ) as relay:
        try:
            yield
        finally:
            relay.kill()


def test_an_alert_is_sent_beyond_this_machine_once_and_shown_here_all_the_same(
    lab: Lab, esimmon: Esimmon, stack: Desktop, tmp_path: Path
) -> None:
    addresses = tmp_path / "push"
    addresses.touch(mode=0o600)
    esimmon.start()
    with serving() as hook:
        addresses.write_text(hook.url, encoding="utf-8")
        with relaying(esimmon, addresses):
            transfer(lab, down=1_200_000, up=1000)
            wait_for(lambda: hook.got, "the web hook")
            wait_for(lambda: "push" in listed(esimmon)[0]["told_by"], "the list")
        with relaying(esimmon, addresses):
            time.sleep(1)
    title = "Plan travel: nothing left of 1.00 MB"
    assert [each["title"] for each in hook.got] == [title]
    assert [shown for shown, _ in stack.shown()] == [title]
