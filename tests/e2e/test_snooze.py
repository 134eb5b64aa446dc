"""A click on "Snooze" silences an alert until the cycle ends, whoever was shown it."""

from __future__ import annotations

import json
import subprocess
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import pytest

from monitor.daemon.control import call
from monitor.notifiers.snoozing import LABEL, LABEL_OF_A_DAY, SNOOZE
from tests.e2e.daemon import QUICK, wait_for
from tests.e2e.telling import agent_of
from tests.e2e.test_alerts import PLAN, WARNED, listed, told
from tests.e2e.truth import transfer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.desktop.stack import Desktop
    from tests.e2e.daemon import Daemon, Esimmon
    from tests.e2e.places import Place
    from tests.lab import Lab

pytestmark = pytest.mark.needs("Xvfb", "dunst", "dunstctl", "dbus-daemon", "dbus-send")

NOTHING = {"alerts": [], "quiet": ""}
ASK = (
    "import sys, pathlib; from monitor.client.calling import call; "
    "print(call(pathlib.Path(sys.argv[1]), sys.argv[2], {'id': sys.argv[3]}))"
)


@pytest.fixture
def service(make: Callable[[Place], Esimmon], root: Place) -> Esimmon:
    """The program as root, without a desktop."""
    esimmon = make(root)
    esimmon.configure(WARNED)
    return esimmon


@pytest.fixture
def esimmon(service: Esimmon, root: Place, stack: Desktop) -> Esimmon:
    """The same on that desktop."""
    return service.at(root.given(**stack.session))


def noted(service: Esimmon) -> list[dict[str, Any]]:
    """What the ledger has."""
    words = ("plan", "ledger", "--store", service.store, "--config", service.config)
    done = service.plainly(*words, "travel", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found: list[dict[str, Any]] = json.loads(done.stdout)["entries"]
    return found


def pending(daemon: Daemon) -> dict[str, Any]:
    """The one alert that agents are to show."""
    answer = daemon.ask("alerts.pending")
    assert answer is not None
    (alert,) = answer["alerts"]
    found: dict[str, Any] = alert
    return found


def asked_by(user: Place, daemon: Daemon, method: str, handle: str) -> str:
    """What a user is answered about an alert."""
    command = [*user.enter, user.python, "-c", ASK, str(daemon.control), method, handle]
    done = subprocess.run(
        command, env=user.environ, capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.mark.parametrize("shown_by", ["desktop", "agent"])
def test_a_click_on_snooze_is_noted_and_the_next_warning_is_not_told(
    lab: Lab, service: Esimmon, esimmon: Esimmon, stack: Desktop, shown_by: str
) -> None:
    is_agent = shown_by == "agent"
    with agent_of(esimmon) if is_agent else nullcontext():
        (service if is_agent else esimmon).start()
        transfer(lab, down=5_200_000, up=1000)
        wait_for(lambda: told(service), "the notification")
        stack.click(LABEL)
        wait_for(lambda: noted(service), "the entry")
        answer = "Plan travel: silent about data.warning until its cycle ends"
        wait_for(lambda: answer in dict(stack.shown()), "its answer")
    (entry,) = noted(service)
    assert (entry["kind"], entry["alert"], entry["by"]) == (
        "snooze",
        "data.warning",
        "root",
    )
    undo = f"To hear of it again: esimmon plan ledger undo {entry['id']}"
    assert dict(stack.shown())[answer] == undo
    transfer(lab, down=3_200_000, up=1000)
    # The limit is another kind, and is told all the same.
    transfer(lab, down=2_200_000, up=1000)
    wait_for(lambda: len(listed(service)) > 1, "the limit")
    kinds = [(alert["kind"], alert["detail"]) for alert in listed(service)]
    assert kinds == [("data.warning", "50"), ("data.limit", "100")]


EATEN = f"""{QUICK}
[background]
rate = "2 MB"
within = "1 min"
"""


def test_a_kind_of_no_plan_is_silent_as_long_as_somebody_said_also_after_a_restart(
    lab: Lab, service: Esimmon
) -> None:
    service.configure(EATEN)
    daemon = service.start()
    words = ("snooze", "background.rate", "--store", service.store)
    done = service.plainly("alerts", *words, "--until", "tomorrow")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Silent about background.rate until ")
    transfer(lab, down=2_200_000, up=1000)
    daemon.flush()
    daemon.stop()
    daemon = service.start()
    transfer(lab, down=2_200_000, up=1000)
    daemon.flush()
    assert listed(service) == []
    done = service.plainly("alerts", *words, "--until", "now")
    assert done.stdout == "background.rate is told again.\n"
    # What would have been told counts as told for that minute; this is another program.
    refused = call(daemon.control, "alerts.silence", {"kind": "x", "until": True})
    assert refused is not None
    assert "wants a kind of alert and a UTC second" in refused.refusal


def test_a_click_on_snooze_for_a_day_silences_the_kind(
    lab: Lab, service: Esimmon, esimmon: Esimmon, stack: Desktop
) -> None:
    service.configure(EATEN)
    daemon = esimmon.start()
    transfer(lab, down=2_200_000, up=1000)
    wait_for(lambda: told(service), "the notification")
    stack.click(LABEL_OF_A_DAY)
    nothing = {"alerts": [], "quiet": ""}
    wait_for(lambda: daemon.ask("alerts.pending") == nothing, "silence")
    silent = "Silent about background.rate until "
    wait_for(lambda: any(t.startswith(silent) for t, _ in stack.shown()), "its answer")
    ((_, undo),) = [each for each in stack.shown() if each[0].startswith(silent)]
    assert undo == (
        "To hear of it again: esimmon alerts snooze background.rate --until now"
    )
    assert [each["state"] for each in listed(service)] == ["snoozed"]


def test_whoever_was_shown_an_alert_may_snooze_that_and_nothing_else(
    lab: Lab, service: Esimmon, user: Place
) -> None:
    service.configure(PLAN)
    daemon = service.start()
    transfer(lab, down=1_200_000, up=1000)
    wait_for(lambda: listed(service), "the alert")

    def ask(handle: str) -> str:
        return asked_by(user, daemon, SNOOZE, handle)

    for unknown in ("", "1/data.limit/0/100/travel"):
        assert "there is no such alert any more" in ask(unknown)
    refused = call(daemon.control, "alerts.snooze", {"id": ["x"], "plan": "travel"})
    assert refused is not None
    assert "there is no such alert" in refused.refusal
    assert noted(service) == []
    handle = pending(daemon)["id"]
    for _ in range(3):
        assert "'kind': 'data.limit'" in ask(handle)
    # An agent that comes later has nothing to show.
    wait_for(lambda: daemon.ask("alerts.pending") == NOTHING, "the alert to go")
    daemon.stop()
    daemon = service.start()
    wait_for(lambda: daemon.ask("alerts.pending") == NOTHING, "the daemon")
    assert "'kind': 'data.limit'" in ask(handle)
    (entry,) = noted(service)
    assert (entry["alert"], entry["by"]) == ("data.limit", "nobody")
