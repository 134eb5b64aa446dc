"""A click on "Show details" puts who used most in the place of the alert's words."""

from __future__ import annotations

import time
from contextlib import nullcontext
from typing import TYPE_CHECKING

import pytest

from monitor.daemon.control import call
from monitor.notifiers.showing import DETAILS, LABEL
from monitor.notifiers.snoozing import LABEL as SNOOZE
from tests.e2e.daemon import wait_for
from tests.e2e.telling import agent_of
from tests.e2e.test_alerts import WARNED, listed, told
from tests.e2e.test_snooze import asked_by, noted, pending
from tests.e2e.truth import transfer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.desktop.stack import Desktop
    from tests.e2e.daemon import Esimmon
    from tests.e2e.places import Place
    from tests.lab import Lab

pytestmark = pytest.mark.needs(
    "Xvfb", "dunst", "dunstctl", "dbus-daemon", "dbus-send", "import"
)


@pytest.fixture
def service(make: Callable[[Place], Esimmon], root: Place) -> Esimmon:
    """The program as root, without a desktop."""
    esimmon = make(root)
    esimmon.configure(WARNED)
    return esimmon


@pytest.mark.parametrize("shown_by", ["desktop", "agent"])
def test_the_details_are_in_the_place_of_the_alert_and_it_may_still_be_snoozed(
    lab: Lab, service: Esimmon, stack: Desktop, tmp_path: Path, shown_by: str
) -> None:
    esimmon = service.at(service.place.given(**stack.session))
    is_agent = shown_by == "agent"
    with agent_of(esimmon) if is_agent else nullcontext():
        (service if is_agent else esimmon).start()
        transfer(lab, down=5_200_000, up=1000)
        wait_for(lambda: told(service), "the notification")
        time.sleep(0.3)  # it is drawn after the answer
        before = stack.screenshot(tmp_path / "alert.png")
        stack.click(LABEL)
        (first, second) = (words[:3] for words in stack.told(2))
        assert first == second  # as loud, with the same number and the same bar
        assert stack.displayed() == 1
        time.sleep(0.3)
        after = stack.screenshot(tmp_path / "details.png")
        assert sum(a != b for a, b in zip(before, after, strict=True)) > 1000
        stack.click(SNOOZE)
        wait_for(lambda: noted(service), "the entry")
        stack.told(3)
        ((title, body), _) = stack.shown()
    assert title.endswith("of 10.0 MB used")
    head, first_line, *_, last = body.split("\n")
    assert head.startswith("Who used it since ")
    assert first_line.startswith("5.")
    assert first_line.endswith(" MB traffic.py")
    assert last == "More: esimmon report --plan travel --period cycle"


def test_figures_are_for_readers_of_figures_and_for_alerts_that_hold(
    lab: Lab, service: Esimmon, user: Place
) -> None:
    daemon = service.start()
    transfer(lab, down=5_200_000, up=1000)
    wait_for(lambda: listed(service), "the alert")
    handle = pending(daemon)["id"]
    answer = asked_by(user, daemon, DETAILS, handle)
    assert "result=None, refusal=\"only root, the daemon's user and" in answer
    for unknown in ("", f"{handle}x", 7, None, ["x"]):
        refused = call(daemon.control, DETAILS, {"id": unknown})
        assert refused is not None
        assert "there is no such alert any more" in refused.refusal
    assert daemon.flush()
    found = daemon.ask(DETAILS, id=handle)
    assert found is not None
    assert found["programs"][0]["name"] == "traffic.py"
    known = sum(each["bytes"] for each in found["programs"]) + found["others_bytes"]
    # All that was there: the plan pays for the one interface that moved anything.
    interfaces = service.report("interface")["interfaces"]
    billed = sum(each["rx_bytes"] + each["tx_bytes"] for each in interfaces)
    assert known + found["unknown_bytes"] == billed
