"""A person who leaves begins a new tick: what moved before was seen."""

from __future__ import annotations

import selectors
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.daemon.presence import Presence, is_unasked
from monitor.usage import Owner, Process
from tests.desktop.stack import session_bus
from tests.login1 import Login1

APP = "/user.slice/user-1000.slice/user@1000.service/app.slice/app-gnome-x-1.scope"
FIREFOX = Process(Owner(5, 7, 1), "x", "/usr/bin/x", (), 1000, 1, APP)


@pytest.mark.needs("dbus-daemon")
def test_the_class_changes_after_the_tick_that_a_lock_begins(tmp_path: Path) -> None:
    with session_bus(tmp_path) as bus, selectors.DefaultSelector() as selector:
        address = bus.environ["DBUS_SESSION_BUS_ADDRESS"]
        with (
            Login1(address) as login1,
            Presence({"DBUS_SYSTEM_BUS_ADDRESS": address}) as presence,
        ):
            class_of, ticks = presence.classes.of, []
            presence.watch(selector, lambda: ticks.append(class_of(FIREFOX)))
            login1.add("1")
            for locked, before, after in (
                (False, "interactive", "interactive"),
                (True, "interactive", "background"),
                (False, "background", "interactive"),
            ):
                login1.set("1", LockedHint=locked)
                ((key, _),) = selector.select(10)
                key.data()
                assert (ticks.pop(), class_of(FIREFOX)) == (before, after)


def test_without_a_bus_nothing_is_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.daemon.presence.find_bus", lambda _: None)
    with selectors.DefaultSelector() as selector, Presence({}) as presence:
        presence.watch(selector, lambda: None)
        assert not selector.get_map()
        assert presence.classes.of(FIREFOX) == "interactive"


def test_what_this_machine_does_not_know_was_asked_for() -> None:
    assert not is_unasked("no.such.Application")
    assert not is_unasked("../../etc/passwd")


def test_a_daemon_loads_no_d_bus_library_before_it_needs_one() -> None:
    """It is 3.5 MB, and most servers have no use for it."""
    code = "import sys, monitor.daemon.life; sys.exit('jeepney' in sys.modules)"
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=root)
