"""A metered network in no plan: asked on the screen, answered by a click."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import tomllib
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from monitor.client.statusfile import status_path
from tests.e2e.daemon import QUICK, wait_for
from tests.e2e.telling import agent_of
from tests.e2e.truth import transfer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.desktop.stack import Desktop
    from tests.e2e.daemon import Daemon, Esimmon
    from tests.e2e.places import Place
    from tests.lab import Lab

pytestmark = pytest.mark.needs(
    "Xvfb", "dunst", "dunstctl", "dbus-daemon", "dbus-send", "notify-send"
)

METERED = f'{QUICK}\n[interfaces]\nmetered = ["wwan*"]\n'
ELSEWHERE = 'quota = "1 GB"\nevery = "month"\nbilling_day = 1\n'
CONFIGURED = f'\n[[plan]]\nid = "fixed"\n{ELSEWHERE}match.interface = ["usb*"]\n'


@pytest.fixture
def service(make: Callable[[Place], Esimmon], root: Place) -> Esimmon:
    """The program as root, without a desktop; its plans pay for something else."""
    esimmon = make(root)
    esimmon.configure(METERED + CONFIGURED)
    plans = esimmon.folder / "plans.d"
    plans.mkdir(mode=0o755)
    for name in ("cn", "pk"):
        (plans / f"{name}.toml").write_text(f"# bought by {name}\n{ELSEWHERE}")
    return esimmon


@pytest.fixture
def esimmon(service: Esimmon, root: Place, stack: Desktop) -> Esimmon:
    """The same on that desktop."""
    return service.at(root.given(**stack.session))


def listed(esimmon: Esimmon) -> list[dict[str, Any]]:
    """What `esimmon alerts list` has."""
    return esimmon.alerts()


def move_until_told(lab: Lab, esimmon: Esimmon) -> dict[str, Any]:
    """Move bytes until an alert was shown; the alert."""

    def is_told() -> bool:
        transfer(lab, down=1000, up=1000)
        return any(alert["told_at"] for alert in listed(esimmon))

    wait_for(is_told, "the notification")
    (alert,) = listed(esimmon)
    return alert


def payers(daemon: Daemon) -> dict[str, list[str]]:
    """Which interfaces each plan pays for, by the status file."""
    document = json.loads(Path(status_path(daemon.control)).read_text())
    return {plan["id"]: plan["interfaces"] for plan in document["plans"]}


@pytest.mark.parametrize("shown_by", ["desktop", "agent"])
def test_a_click_on_a_plan_lets_it_pay_for_the_network(
    lab: Lab, service: Esimmon, esimmon: Esimmon, stack: Desktop, shown_by: str
) -> None:
    with agent_of(esimmon):
        daemon = (esimmon if shown_by == "desktop" else service).start()
        alert = move_until_told(lab, service)
        assert (alert["kind"], alert["network"], alert["detail"]) == (
            "network.uncovered",
            "if:wwan0",
            "wwan0",
        )
        assert shown_by in alert["told_by"]
        assert payers(daemon)["pk"] == []
        stack.click("pk")
        wait_for(lambda: payers(daemon)["pk"] == ["wwan0"], "the plan to pay")
        wait_for(lambda: listed(service)[0]["cleared_at"], "the alert to be over")
        text = (service.folder / "plans.d/pk.toml").read_text()
        assert text.startswith("# bought by pk\n")
        assert tomllib.loads(text)["match"] == {"interface": ["wwan0"]}
        done = "Plan pk pays for it from now on"
        wait_for(lambda: done in [title for title, _ in stack.shown()], "its answer")
    titles = [title for title, _ in stack.shown()]
    asked = "You are on a metered network that no plan covers: wwan0"
    assert titles.count(asked) >= 1
    assert len(listed(service)) == 1


def test_a_click_that_cannot_be_done_says_why(
    lab: Lab, esimmon: Esimmon, stack: Desktop
) -> None:
    daemon = esimmon.start()
    move_until_told(lab, esimmon)
    (esimmon.folder / "plans.d/cn.toml").write_text("quota = 7\n")
    stack.click("cn")
    refused = "Plan cn does not pay for it"
    wait_for(lambda: "was not bound" in daemon.said(), "the refusal")
    wait_for(lambda: refused in [title for title, _ in stack.shown()], "its words")
    (body,) = [body for title, body in stack.shown() if title == refused]
    assert "plans.d/cn.toml: line 1: quota = 7: must be" in body
    assert "if:wwan0 was not bound to plan cn: " in daemon.said()
    assert daemon.stop() == 0


def test_who_may_change_nothing_may_not_bind(
    service: Esimmon, user: Place, lab: Lab
) -> None:
    del lab
    daemon = service.start()
    call = (
        "import sys, pathlib; from monitor.client.calling import call; "
        "print(call(pathlib.Path(sys.argv[1]), 'networks.bind', "
        "{'network': 'if:wwan0', 'plan': 'pk'}).refusal)"
    )
    command = [*user.enter, user.python, "-c", call, str(daemon.control)]
    done = subprocess.run(
        command, env=user.environ, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("only root, the daemon's user and group esimmon")
    assert "match" not in (service.folder / "plans.d/pk.toml").read_text()


def test_a_restart_neither_asks_again_nor_forgets(
    lab: Lab, esimmon: Esimmon, stack: Desktop
) -> None:
    daemon = esimmon.start()
    alert = move_until_told(lab, esimmon)
    for is_killed in (True, False):
        daemon.kill() if is_killed else daemon.stop()
        daemon = esimmon.start()
        for _ in range(3):
            transfer(lab, down=1000, up=1000)
            daemon.flush()
        assert listed(esimmon) == [alert]
    assert len(stack.shown()) == 1


def marks(esimmon: Esimmon) -> list[str]:
    """Kinds of what counts as told."""
    with closing(sqlite3.connect(esimmon.store)) as database:
        rows = database.execute("SELECT key FROM alert_marks").fetchall()
    return [key.partition("/")[0] for (key,) in rows]


def test_what_is_snoozed_counts_as_told_and_is_not(lab: Lab, service: Esimmon) -> None:
    words = ("alerts", "snooze", "pk", "network.uncovered", "--store", service.store)
    service.start()
    done = service.plainly(*words, "--config", service.config)
    assert (done.returncode, done.stderr) == (0, "")

    def is_noted() -> bool:
        transfer(lab, down=1000, up=1000)
        return marks(service) == ["network.uncovered"]

    wait_for(is_noted, "the mark")
    assert listed(service) == []
