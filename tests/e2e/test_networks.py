"""`esimmon networks` beside a real daemon: what is attached, and who writes names."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from monitor.daemon.control import call
from tests.e2e.daemon import QUICK, wait_for
from tests.e2e.places import root_in
from tests.e2e.truth import transfer
from tests.namespaces import Namespace

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

    from tests.e2e.daemon import Esimmon
    from tests.e2e.places import Place
    from tests.lab import Lab

PLAN = f"""{QUICK}
[interfaces]
metered = ["wwan*"]
[[plan]]
id = "phone"
quota = "1 GB"
every = "month"
[plan.match]
interface = ["wwan0"]
"""
CABLE = "usb7"


def networks(esimmon: Esimmon) -> list[dict[str, Any]]:
    """What is shown to programs."""
    done = esimmon.call("networks", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found: list[dict[str, Any]] = json.loads(done.stdout)["networks"]
    return found


def name(esimmon: Esimmon, *words: str) -> subprocess.CompletedProcess[str]:
    """Give a network a name."""
    own = ("--config", esimmon.config, "--store", esimmon.store)
    return esimmon.plainly("networks", "name", *words, *own)


def labels(esimmon: Esimmon) -> dict[str, str]:
    """What is in the file."""
    with closing(sqlite3.connect(esimmon.store)) as connection:
        rows = connection.execute("SELECT key, label FROM networks WHERE label <> ''")
        return dict(rows.fetchall())


def test_what_is_attached_while_a_daemon_runs_and_what_was_when_it_ended(
    lab: Lab, esimmon: Esimmon
) -> None:
    esimmon.configure(PLAN)
    daemon = esimmon.start()
    transfer(lab, up=100_000, down=3_000_000)
    (found,) = networks(esimmon)
    (moved,) = esimmon.report("interface", "--period", "today")["rows"]
    assert {name: found["today"][name] for name in ("rx_bytes", "tx_bytes")} == {
        name: moved[name] for name in ("rx_bytes", "tx_bytes")
    }
    assert (found["key"], found["interface"]) == ("if:wwan0", "wwan0")
    assert (found["attached"], found["plan"]) == (True, "phone")
    assert (found["metered"], found["metered_by"]) == (True, "config")
    assert daemon.stop() == 0
    (found,) = networks(esimmon)
    assert (found["attached"], found["plan"]) == (False, "phone")
    shown = esimmon.call("networks").stdout
    assert "when esimmon last ran" in shown


def test_the_daemon_gives_a_name_and_keeps_it_over_a_kill(
    lab: Lab, esimmon: Esimmon
) -> None:
    esimmon.configure(PLAN)
    daemon = esimmon.start()
    transfer(lab, down=100_000)
    done = name(esimmon, "wwan0", "Airalo")
    assert (done.returncode, done.stdout) == (
        0,
        'interface wwan0 is now called "Airalo".\n',
    )
    assert labels(esimmon) == {"if:wwan0": "Airalo"}
    wait_for(
        lambda: "phone  wwan0 (Airalo)  active" in esimmon.call("status").stdout,
        "the status has the name",
    )
    daemon.kill()
    daemon = esimmon.start()
    transfer(lab, down=100_000)
    (found,) = networks(esimmon)
    assert (found["label"], found["attached"]) == ("Airalo", True)
    assert name(esimmon, "Airalo", "--clear").returncode == 0
    assert labels(esimmon) == {}
    assert daemon.stop() == 0
    assert name(esimmon, "wwan0", "Stick").returncode == 0
    assert labels(esimmon) == {"if:wwan0": "Stick"}


def test_the_daemon_refuses_what_is_no_name_and_no_network(
    lab: Lab, esimmon: Esimmon
) -> None:
    daemon = esimmon.start()
    transfer(lab, down=100_000)
    for given, why in (
        ({}, "wants a key and a label"),
        ({"key": 1, "label": "x"}, "wants a key and a label"),
        ({"key": "if:wwan0", "label": ["x"]}, "wants a key and a label"),
        ({"key": "if:mars0", "label": "x"}, 'no network "if:mars0" is known'),
        ({"key": "if:wwan0", "label": "x" * 65}, "at most 64 characters"),
        ({"key": "if:wwan0", "label": "a\u001b[31m"}, "cannot be a network's name"),
        ({"key": "if:wwan0", "label": "\ud800"}, "cannot be a network's name"),
    ):
        answer = call(daemon.control, "networks.name", given)
        assert answer is not None
        assert why in answer.refusal, given
    assert labels(esimmon) == {}
    assert daemon.stop() == 0


@pytest.fixture
def alone() -> Iterator[Namespace]:
    """A namespace with a cable of which the other end is there as well."""
    made = Namespace("esimmon-netcmd")
    made.ip(f"link add {CABLE} type veth peer name end7", "link set end7 up")
    made.ip(f"link set {CABLE} up")
    yield made
    made.close()


def test_a_device_without_a_carrier_is_attached_to_nothing(
    alone: Namespace, make: Callable[[Place], Esimmon]
) -> None:
    esimmon = make(root_in(alone))
    esimmon.configure(f'{QUICK}[interfaces]\ninclude = ["{CABLE}"]\n')
    daemon = esimmon.start()

    def attached() -> list[str]:
        return [each["interface"] for each in networks(esimmon) if each["attached"]]

    assert attached() == [CABLE]
    alone.ip("link set end7 down")
    wait_for(lambda: attached() == [], "nothing is attached")
    alone.ip("link set end7 up")
    wait_for(lambda: attached() == [CABLE], "the cable is back")
    assert daemon.stop() == 0
