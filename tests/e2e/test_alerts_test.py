"""`esimmon alerts test` goes the whole way of an alert, and is stored nowhere."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.e2e.daemon import QUICK, wait_for
from tests.e2e.telling import agent_of
from tests.e2e.test_alerts import PLAN, listed, relaying
from tests.e2e.truth import transfer
from tests.hook import SECRET, serving

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.desktop.stack import Desktop
    from tests.e2e.daemon import Daemon, Esimmon
    from tests.e2e.places import Place
    from tests.lab import Lab

pytestmark = pytest.mark.needs("Xvfb", "dunst", "dunstctl", "dbus-daemon", "dbus-send")

TITLE = "esimmon: this is a test"
NIGHT = f'{QUICK}[alerts]\nquiet = "00:00-23:59"\n'


@pytest.fixture
def service(make: Callable[[Place], Esimmon], root: Place) -> Esimmon:
    """The program as root, without a desktop, in the middle of the night."""
    esimmon = make(root)
    esimmon.configure(NIGHT)
    return esimmon


@pytest.fixture
def esimmon(service: Esimmon, root: Place, stack: Desktop) -> Esimmon:
    """The same on that desktop."""
    return service.at(root.given(**stack.session))


def tried(esimmon: Esimmon) -> tuple[int, list[str]]:
    """What the command says."""
    words = ("test", "--store", esimmon.store, "--config", esimmon.config)
    done = esimmon.plainly("alerts", *words)
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


def ways(daemon: Daemon) -> list[str]:
    """Who is connected."""
    answer = daemon.ask("alerts.listeners")
    assert answer is not None
    return sorted(each["way"] for each in answer["listeners"])


def test_agent_and_relay_say_what_came_of_it(
    service: Esimmon, esimmon: Esimmon, stack: Desktop, tmp_path: Path
) -> None:
    addresses = tmp_path / "push"
    addresses.touch(mode=0o600)
    daemon = service.start()
    with serving() as hook, agent_of(esimmon):
        addresses.write_text(hook.url, encoding="utf-8")
        with relaying(esimmon, addresses):
            wait_for(lambda: ways(daemon) == ["agent", "push"], "both")
            status, lines = tried(service)
            assert lines[0] == "log: written by the daemon"
            desktop, phone = sorted(lines[1:])
            assert desktop.startswith("desktop of root: shown by dunst ")
            assert phone == "phone: sent by json"
            assert (status, len(lines)) == (0, 3)
            assert [got["title"] for got in hook.got] == [TITLE]

            hook.status = 500
            status, lines = tried(service)
            assert status == 1
            assert any("phone: failed: not taken by json (line 1)" in x for x in lines)
            assert any("next: look at that address" in line for line in lines)
    assert {title for title, _ in stack.shown()} == {TITLE}  # dunst stacks the same
    assert TITLE in daemon.said()
    daemon.flush()
    assert listed(service) == []
    assert daemon.ask("alerts.pending") == {"alerts": [], "quiet": "00:00-23:59"}


def test_the_desktop_of_the_daemon_itself_is_tried(
    esimmon: Esimmon, stack: Desktop
) -> None:
    esimmon.start()
    status, lines = tried(esimmon)
    assert lines[1] == "desktop of root: shown"
    assert (status, lines[2]) == (
        0,
        "phone: not set up ([push] addresses of the configuration)",
    )
    assert [title for title, _ in stack.shown()] == [TITLE]


def test_who_has_no_agent_is_told_so_though_the_desktop_works(
    service: Esimmon, esimmon: Esimmon, stack: Desktop, tmp_path: Path
) -> None:
    addresses = tmp_path / "push"
    addresses.touch(mode=0o600)
    addresses.write_text("json://127.0.0.1:1/", encoding="utf-8")
    service.configure(f'{NIGHT}[push]\naddresses = "{addresses}"\n')
    service.start()
    status, lines = tried(esimmon)
    text = " ".join(line.strip() for line in lines)
    assert status == 1
    assert "this desktop: shown by dunst" in text
    assert "no agent of yours is connected" in text
    assert "next: esimmon notify phone: not sent: " in text
    assert text.endswith("systemctl enable --now esimmon-relay, or esimmon relay")
    assert len(stack.shown()) == 1


def test_who_may_not_ask_the_daemon_is_told_who_may(
    service: Esimmon, user: Place
) -> None:
    service.start()
    status, lines = tried(service.at(user))
    assert status == 1
    assert lines[0] == (
        "daemon: only root, the daemon's user and group esimmon may ask this"
    )
    assert lines[1] == "  next: sudo esimmon alerts test"


def test_an_agent_whose_desktop_fails_says_why(service: Esimmon, root: Place) -> None:
    daemon = service.start()
    blind = service.at(root.given(DBUS_SESSION_BUS_ADDRESS="unix:path=/nowhere"))
    with agent_of(blind) as agent:
        wait_for(lambda: ways(daemon) == ["agent"], "the agent")
        status, lines = tried(service)
        assert isinstance(agent, subprocess.Popen)
    assert status == 1
    assert lines[1].startswith("desktop of root: failed: the session bus")
    assert "Nobody was shown anything: alerts are only in the log." in lines


def test_doctor_says_who_is_told_of_nothing_and_what_was_not_sent(
    lab: Lab, service: Esimmon, tmp_path: Path
) -> None:
    addresses = tmp_path / "push"
    addresses.touch(mode=0o600)
    service.configure(f'{PLAN}\n[push]\naddresses = "{addresses}"\n')
    daemon = service.start()

    def found() -> dict[str, dict[str, str]]:
        done = service.call("doctor", "--json")
        findings = json.loads(done.stdout)["findings"]
        wanted = ("agents", "relay", "push")
        return {each["id"]: each for each in findings if each["id"] in wanted}

    with serving() as hook:
        hook.status = 500
        addresses.write_text(hook.url, encoding="utf-8")
        findings = found()
        assert [each["level"] for each in findings.values()] == ["note", "warn"]
        assert "no relay is connected" in findings["relay"]["text"]
        transfer(lab, down=1_200_000, up=1000)
        with relaying(service, addresses):
            wait_for(lambda: ways(daemon) == ["push"], "the relay")
            wait_for(lambda: listed(service)[0]["failures"], "the failure")
            findings = found()
    levels = {name: each["level"] for name, each in findings.items()}
    assert levels == {"agents": "warn", "relay": "ok", "push": "warn"}
    assert findings["push"]["text"].startswith("The last alert was not sent, since ")
    assert "not taken by json (line 1)" in findings["push"]["text"]
    assert SECRET not in json.dumps(findings)
    assert findings["agents"]["text"].startswith("Nobody was shown anything since ")
