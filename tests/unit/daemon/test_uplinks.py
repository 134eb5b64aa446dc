"""A change of network: counters are read at the signal, under the old network."""

from __future__ import annotations

import selectors
from itertools import groupby
from typing import TYPE_CHECKING

import pytest

from monitor.daemon.uplinks import Uplinks
from monitor.devices import Link
from monitor.networks.attaching import ARPHRD_ETHER
from monitor.networks.identities import NetworkRules
from tests.desktop.stack import session_bus, wait_for
from tests.mocked import (
    NEEDS,
    Mocked,
    add_modem,
    modem_manager,
    modem_paths,
    network_manager,
    remove_modem,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.needs(*NEEDS)

ONE, OTHER = "89852340000123456789", "89330112345678901234"
LINKS = {7: Link(7, "wwan9", ARPHRD_ETHER, "", 1500)}
UNKNOWN = "if:wwan9"


def add_cable(service: Mocked, device: str, uuid: str) -> None:
    """A cable that NetworkManager has a connection for."""
    path = "/org/freedesktop/NetworkManager"
    active = f"{path}/ActiveConnection/1"
    facts = {"Id": ("s", "Cable"), "Uuid": ("s", uuid), "Type": ("s", "802-3-ethernet")}
    service.add(active, Connection_Active=facts)
    service.add(
        f"{path}/Devices/1",
        Device={
            "IpInterface": ("s", device),
            "DeviceType": ("u", 1),
            "ActiveConnection": ("o", active),
        },
    )


class Loop:
    """A daemon's loop; notes what each tick would be booked on."""

    def __init__(self, address: str, rules: NetworkRules | None = None) -> None:
        self.ticks: list[tuple[str, bool | None]] = []
        environ = {"DBUS_SYSTEM_BUS_ADDRESS": address} if address else {}
        self.uplinks = Uplinks(environ, rules or NetworkRules())
        self.selector = selectors.DefaultSelector()
        self.uplinks.watch(self.selector, self.tick)

    def tick(self) -> None:
        """What `Sampler.tick` asks."""
        network = self.uplinks.networks(LINKS)["wwan9"]
        self.ticks.append((network.key, network.roaming))

    def turn(self) -> list[tuple[str, bool | None]]:
        """Hear what there is to hear; all ticks so far."""
        for key, _ in self.selector.select(0.01):
            key.data()
        return self.ticks

    def until(self, *ticks: tuple[str, bool | None]) -> None:
        """Go on until a tick was booked there."""
        wait_for(lambda: self.turn()[-len(ticks) :] == list(ticks), str(ticks))


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """A bus on which nobody is."""
    with session_bus(tmp_path) as bus:
        yield bus.environ["DBUS_SESSION_BUS_ADDRESS"]


@pytest.fixture
def loop(address: str) -> Iterator[Loop]:
    """On that bus."""
    made = Loop(address)
    yield made
    made.uplinks.close()
    made.selector.close()


def test_a_modem_that_appears_and_goes_ends_a_tick_each_time(
    loop: Loop, address: str
) -> None:
    with modem_manager(address) as service:
        loop.tick()
        add_modem(service, 0, "wwan9", ONE)
        loop.until((f"sim:{ONE}", False))
        before = loop.ticks[:-1]
        assert {key for key, _ in before} == {UNKNOWN}  # also the one at the signal
        assert len(before) > 1
        remove_modem(service, 0)
        loop.until((f"sim:{ONE}", False), (UNKNOWN, None))


def test_another_profile_gets_only_what_was_moved_since_the_signal(
    loop: Loop, address: str
) -> None:
    """Modem/0 goes, Modem/1 comes; the interface stays."""
    with modem_manager(address) as service:
        add_modem(service, 0, "wwan9", ONE)
        loop.tick()
        loop.until((f"sim:{ONE}", False))
        remove_modem(service, 0)
        loop.until((UNKNOWN, None))
        add_modem(service, 1, "wwan9", OTHER)
        loop.until((f"sim:{OTHER}", False))
    changes = [key for key, _ in groupby(key for key, _ in loop.ticks)]
    assert changes[-3:] == [f"sim:{ONE}", UNKNOWN, f"sim:{OTHER}"]


def test_a_border_is_crossed_between_two_ticks(loop: Loop, address: str) -> None:
    modem, _, _ = modem_paths(0)
    with modem_manager(address) as service:
        add_modem(service, 0, "wwan9", ONE)
        loop.tick()
        loop.until((f"sim:{ONE}", False))
        service.set(modem, "Modem.Modem3gpp", RegistrationState=("u", 5))
        loop.until((f"sim:{ONE}", False), (f"sim:{ONE}", True))


def test_a_modem_that_searches_is_where_it_was(loop: Loop, address: str) -> None:
    modem, _, _ = modem_paths(0)
    with modem_manager(address) as service:
        add_modem(service, 0, "wwan9", ONE)
        loop.tick()
        loop.until((f"sim:{ONE}", False))
        facts = {"OperatorCode": ("s", ""), "RegistrationState": ("u", 2)}
        service.set(modem, "Modem.Modem3gpp", **facts)
        wait_for(lambda: loop.turn()[2:], "the tick at the signal")
        network = loop.uplinks.networks(LINKS)["wwan9"]
        assert (network.mcc, network.roaming) == ("454", False)


def test_a_modem_that_comes_back_and_searches_is_where_it_was(
    loop: Loop, address: str
) -> None:
    modem, _, _ = modem_paths(1)
    with modem_manager(address) as service:
        add_modem(service, 0, "wwan9", ONE)
        loop.tick()
        loop.until((f"sim:{ONE}", False))
        remove_modem(service, 0)
        loop.until((UNKNOWN, None))
        add_modem(service, 1, "wwan9", ONE)
        facts = {"OperatorCode": ("s", ""), "RegistrationState": ("u", 2)}
        service.set(modem, "Modem.Modem3gpp", **facts)
        loop.until((f"sim:{ONE}", False))
        assert loop.uplinks.networks(LINKS)["wwan9"].mcc == "454"


def test_a_networkmanager_that_is_restarted_has_changed_no_network(
    loop: Loop, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    uuid = "5f1c7a52-3e0e-4d4b-9c0b-0d5a4f8a7c11"
    with network_manager(address) as service:
        add_cable(service, "wwan9", uuid)
        loop.tick()
        loop.until((f"ethernet:{uuid}", None))
    # Until then each signal ended a tick of what was not known yet.
    known = len(loop.ticks) - 1
    wait_for(lambda: loop.turn() and loop.uplinks._lost_ns, "the loss")
    assert {key for key, _ in loop.ticks[known:]} == {f"ethernet:{uuid}"}
    with network_manager(address) as service:
        add_cable(service, "wwan9", uuid)
        wait_for(lambda: loop.turn() and not loop.uplinks._lost_ns, "its return")
    assert {key for key, _ in loop.ticks[known:]} == {f"ethernet:{uuid}"}
    wait_for(lambda: loop.turn() and loop.uplinks._lost_ns, "the loss")
    monkeypatch.setattr("monitor.daemon.uplinks._RESTART_NS", 0)
    loop.tick()
    assert loop.ticks[-1] == (UNKNOWN, None)


def test_the_persons_word_holds_from_the_tick_after_it(
    loop: Loop, address: str
) -> None:
    with modem_manager(address) as service:
        add_modem(service, 0, "wwan9", ONE)
        loop.tick()
        loop.until((f"sim:{ONE}", False))
        assert loop.uplinks.networks(LINKS)["wwan9"].metered
        loop.uplinks.rules = NetworkRules(unmetered=(ONE,))
        assert loop.uplinks.networks(LINKS)["wwan9"].metered is False


def test_a_run_begins_on_the_network_that_is_there(address: str) -> None:
    """What was moved before it is booked with its first tick."""
    with modem_manager(address) as service:
        add_modem(service, 0, "wwan9", ONE)
        late = Loop(address)
        late.tick()
        assert late.ticks == [(f"sim:{ONE}", False)]
        late.uplinks.close()
        late.selector.close()


def test_without_a_bus_every_interface_is_a_network_by_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("monitor.daemon.uplinks.find_bus", lambda _: None)
    alone = Loop("")
    alone.tick()
    assert alone.turn() == [(UNKNOWN, None)]
    alone.uplinks.close()
    alone.selector.close()
