"""Services that are late, hang, leave, and come back: what stays known meanwhile."""

from __future__ import annotations

import select
import signal
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from monitor.collectors import modemmanager
from monitor.collectors.following import Follower
from monitor.collectors.services import PROPERTIES
from monitor.dbus import ANSWER_S
from tests.desktop.stack import session_bus, wait_for
from tests.mocked import (
    NEEDS,
    add_modem,
    mocked,
    modem_manager,
    modem_paths,
    remove_modem,
    rest,
    show_modems,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from monitor.networks.uplink import Modem

pytestmark = pytest.mark.needs(*NEEDS)

QUICK_S = 0.05
ONE, OTHER = "89852340000123456789", "89330112345678901234"
MODEM, _, BEARER = modem_paths(0)


@contextmanager
def following(address: str) -> Iterator[Follower[tuple[Modem, ...]]]:
    """Follow modems, in a hurry."""
    with Follower(modemmanager._Source(), address, QUICK_S) as follower:
        yield follower


def until(follower: Follower[tuple[Modem, ...]], *iccids: str) -> None:
    """Wait until these are known."""
    wait_for(
        lambda: tuple(each.iccid for each in follower.take()) == iccids, str(iccids)
    )


def changed(interface: str, facts: Mapping[str, tuple[str, Any]]) -> tuple[Any, ...]:
    """A PropertiesChanged."""
    named = ("s", f"{modemmanager.NAME}.{interface}")
    return PROPERTIES, "PropertiesChanged", named, ("a{sv}", facts), ("as", [])


def boottime_ns() -> int:
    """Now."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def test_a_service_that_is_late_leaves_and_comes_back_is_followed(address: str) -> None:
    with following(address) as follower:
        for iccid in (ONE, OTHER):
            with modem_manager(address) as service:
                add_modem(service, 0, "wwan0", iccid)
                until(follower, iccid)
                stirred_ns = follower.stirred_ns
            until(follower)
            assert follower.stirred_ns > stirred_ns


def test_another_owner_of_the_name_is_asked_anew(address: str) -> None:
    with following(address) as follower, modem_manager(address) as old:
        add_modem(old, 0, "wwan0", ONE)
        until(follower, ONE)
        with modem_manager(address) as new:  # dbusmock lets the next one take its name
            add_modem(new, 0, "wwan0", OTHER)
            until(follower, OTHER)


def test_a_service_that_hangs_has_changed_nothing(address: str) -> None:
    with following(address) as follower, modem_manager(address) as service:
        add_modem(service, 0, "wwan0", ONE)
        until(follower, ONE)
        before = follower.take()
        service.set(MODEM, "Modem", State=("i", 8))  # a reason to ask, and then silence
        service.hang()
        time.sleep(ANSWER_S + 1)
        assert follower.take() == before
        service.go_on()
        service.set(MODEM, "Modem.Modem3gpp", RegistrationState=("u", 5))
        wait_for(lambda: follower.take()[0].registration == 5, "roaming")


def test_a_service_that_hangs_and_dies_is_unknown(address: str) -> None:
    with following(address) as follower:
        with modem_manager(address) as service:
            add_modem(service, 0, "wwan0", ONE)
            until(follower, ONE)
            service.set(MODEM, "Modem", State=("i", 8))
            service.hang()
        until(follower)


def test_a_bus_that_starts_anew_is_followed(tmp_path: Path) -> None:
    address = f"unix:path={tmp_path / 'bus'}"
    with following(address) as follower:
        for iccid in (ONE, OTHER):
            (tmp_path / "bus").unlink(missing_ok=True)
            with session_bus(tmp_path), modem_manager(address) as service:
                add_modem(service, 0, "wwan0", iccid)
                until(follower, iccid)
            until(follower)


# It answers when it is told to.
WAIT = """
import os, time
while not os.path.exists("{go_on}"):
    time.sleep(0.02)
"""
# Before that it says that something changed.
TELL = """
if not hasattr(self, "has_told"):
    self.has_told = True
    changed = ["{interface}", {{"Connected": True}}, dbus.Array([], signature="s")]
    self.EmitSignal("{properties}", "PropertiesChanged", "sa{{sv}}as", changed)
"""


def test_a_stir_is_told_before_the_world_is_read_again(
    address: str, tmp_path: Path
) -> None:
    with following(address) as follower, modem_manager(address) as service:
        add_modem(service, 0, "wwan0", ONE)
        until(follower, ONE)
        rest(follower)
        show_modems(service, first=WAIT.format(go_on=tmp_path / "go on"))
        before_ns = boottime_ns()
        service.set(BEARER, "Bearer", Connected=("b", False))
        assert select.select([follower.changed], [], [], 10)[0]
        assert before_ns < follower.stirred_ns < boottime_ns()
        assert follower.take()[0].bearers[0].is_connected
        (tmp_path / "go on").touch()
        wait_for(lambda: not follower.take()[0].bearers[0].is_connected, "the answer")


def test_a_signal_that_comes_during_a_reading_is_told_at_once(
    address: str, tmp_path: Path
) -> None:
    with following(address) as follower, modem_manager(address) as service:
        add_modem(service, 0, "wwan0", ONE)
        until(follower, ONE)
        rest(follower)
        stirred_ns = follower.stirred_ns
        bearer = f"{modemmanager.NAME}.Bearer"
        tell = TELL.format(interface=bearer, properties=PROPERTIES)
        wait = WAIT.format(go_on=tmp_path / "go on")
        show_modems(service, first=f"{tell}\n{wait}")
        service.set(MODEM, "Modem.Modem3gpp", OperatorName=("s", "New"))
        wait_for(lambda: follower.stirred_ns > stirred_ns, "the signal")
        assert select.select([follower.changed], [], [], 10)[0]
        assert follower.take()[0].operator[1] == "csl"
        (tmp_path / "go on").touch()
        wait_for(lambda: follower.take()[0].operator[1] == "New", "the answer")


def test_a_bus_that_hangs_has_changed_nothing(tmp_path: Path) -> None:
    address = f"unix:path={tmp_path / 'bus'}"
    with session_bus(tmp_path) as bus, modem_manager(address) as service:
        add_modem(service, 0, "wwan0", ONE)
        with Follower(modemmanager._Source(), address, 1.0) as follower:
            until(follower, ONE)
            stirred_ns = follower.stirred_ns
            service.set(MODEM, "Modem.Modem3gpp", RegistrationState=("u", 5))
            wait_for(lambda: follower.stirred_ns > stirred_ns, "a reason to ask")
            bus.process.send_signal(signal.SIGSTOP)
            before = follower.take()
            time.sleep(ANSWER_S + 2)
            assert follower.take() == before
            bus.process.send_signal(signal.SIGCONT)
            wait_for(lambda: follower.take()[0].registration == 5, "roaming")


def test_a_signal_of_no_consequence_wakes_nobody_and_asks_nothing(address: str) -> None:
    with following(address) as follower, modem_manager(address) as service:
        add_modem(service, 0, "wwan0", ONE)
        until(follower, ONE)
        rest(follower)
        asked = service.asked("GetManagedObjects")
        stirred_ns = follower.stirred_ns
        for strength in range(20):
            quality = {"SignalQuality": ("(ub)", (strength, True))}
            service.emit(MODEM, *changed("Modem", quality))
        counted = {"Stats": ("a{sv}", {"rx-bytes": ("t", 2000)})}
        service.emit(BEARER, *changed("Bearer", counted))
        assert not select.select([follower.changed], [], [], 0.5)[0]
        assert service.asked("GetManagedObjects") == asked
        assert follower.stirred_ns == stirred_ns


def test_of_many_signals_the_last_state_wins_with_few_readings(address: str) -> None:
    with (
        Follower(modemmanager._Source(), address, 1.0) as follower,
        modem_manager(address) as service,
    ):
        add_modem(service, 0, "wwan0", ONE)
        until(follower, ONE)
        asked = service.asked("GetManagedObjects")
        for state in range(50):
            service.set(MODEM, "Modem.Modem3gpp", RegistrationState=("u", state))
        wait_for(lambda: follower.take()[0].registration == 49, "the last")
        assert service.asked("GetManagedObjects") - asked <= 25


def test_a_stranger_cannot_make_it_ask(address: str) -> None:
    with following(address) as follower, modem_manager(address) as service:
        add_modem(service, 0, "wwan0", ONE)
        until(follower, ONE)
        remove_modem(service, 0)
        until(follower)
        rest(follower)
        asked, stirred_ns = service.asked("GetManagedObjects"), follower.stirred_ns
        unique = follower._bus.unique_name if follower._bus else ""
        details = {"destination": ("s", unique)}
        with mocked(address, "a.stranger", "/a") as stranger:
            changed = (
                ("s", f"{modemmanager.NAME}.Modem"),
                ("a{sv}", {"State": ("i", 1)}),
            )
            for _ in range(20):
                stranger.call("/a", "EmitSignalDetailed", "sssava{sv}").of(
                    "org.freedesktop.DBus.Properties",
                    "PropertiesChanged",
                    "sa{sv}as",
                    [*changed, ("as", [])],
                    details,
                )
            assert not select.select([follower.changed], [], [], 0.5)[0]
        assert service.asked("GetManagedObjects") == asked
        assert follower.stirred_ns == stirred_ns


def test_the_thread_ends_while_the_service_hangs(address: str) -> None:
    with modem_manager(address) as service:
        with following(address) as follower:
            add_modem(service, 0, "wwan0", ONE)
            until(follower, ONE)
            service.set(MODEM, "Modem", State=("i", 8))
            service.hang()
        assert not follower._thread.is_alive()
