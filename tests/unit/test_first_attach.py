"""A plan that begins with its first network: the daemon writes down that it has."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from monitor.networks.uplink import SIM, USB, WIFI, Network
from monitor.plans.entries import Attach, Undo
from monitor.plans.values import Name, Second
from monitor.store import ledger
from monitor.store.engine import open_store
from monitor.usage import Traffic
from tests.unit.living import life
from tests.unit.machine import ROW, Machine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.daemon.recorder import Recorder
    from monitor.store.engine import Store

ICCID = "8992000000000000001"
PLAN = f"""
[[plan]]
id = "trip"
quota = "1 GB"
valid = "7 days"
starts_on = "first_attach"
iccid = "{ICCID}"
countries = ["PK"]
tz = "UTC"
[plan.match]
tether = "usb"
interface = "ppp*"
"""
UNREGISTERED = Network(f"sim:{ICCID}", SIM, iccid=ICCID)
ABROAD = replace(UNREGISTERED, mcc="460")
THERE = replace(UNREGISTERED, mcc="410")
OTHER_SIM = replace(THERE, key="sim:8986000000000000000", iccid="8986000000000000000")
HOTEL = Network("wifi:hotel", WIFI, ssid=b"Hotel")
PHONE = Network("usb:04e8:6863:R", USB, tether="usb")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An open store."""
    with open_store(tmp_path / "usage.db", writable=True, create=True) as opened:
        yield opened


@pytest.fixture(autouse=True)
def _no_desktop(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person who runs the tests is not to be told of them."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS"):
        monkeypatch.delenv(name, raising=False)


def begun(machine: Machine, store: Store, text: str = PLAN) -> Recorder:
    """A daemon that begins."""
    return life(machine, store, store.path.parent, text)


def ticks(
    machine: Machine, recorder: Recorder, number: int = 2, rx: int = 1000
) -> None:
    """Some ticks with bytes on the device."""
    for _ in range(number):
        machine.pass_time(10)
        machine.move(2, Traffic(rx, 0, 1 if rx else 0, 0), ROW)
        recorder.sample()


def noted(store: Store) -> list[tuple[str, str | None]]:
    """What the ledger has: id and country."""
    found = [each.entry for each in ledger.entries(store)]
    return [(each.id, each.mcc) for each in found if isinstance(each, Attach)]


def state(recorder: Recorder) -> tuple[str, int]:
    """How the plan stands, and what it was charged."""
    watch = recorder._watch
    assert watch is not None
    (plan,) = watch.book.plans
    return plan.seen.status.state, plan.seen.status.used_bytes


@pytest.mark.parametrize("network", [HOTEL, OTHER_SIM, UNREGISTERED, None])
def test_no_network_of_the_plan_begins_nothing(
    store: Store, network: Network | None
) -> None:
    machine = Machine(devices={2: Traffic()})
    machine.networks = {} if network is None else {"eth2": network}
    recorder = begun(machine, store)
    ticks(machine, recorder)
    assert noted(store) == []
    assert state(recorder) == ("pending", 0)


def test_the_first_registration_in_the_country_begins_the_plan_and_what_it_moves(
    store: Store,
) -> None:
    machine = Machine(devices={2: Traffic()}, networks={"eth2": UNREGISTERED})
    recorder = begun(machine, store)
    ticks(machine, recorder)
    machine.networks = {"eth2": ABROAD}
    ticks(machine, recorder)
    assert noted(store) == [("attach:trip:460", "460")]
    assert state(recorder) == ("pending", 0)
    machine.networks = {"eth2": THERE}
    machine.pass_time(10)
    machine.move(2, Traffic(1000, 0, 1, 0), ROW)
    recorder.sample()
    ticks(machine, recorder, 3)
    assert noted(store) == [("attach:trip:460", "460"), ("attach:trip:410", "410")]
    # The tick in which it was registered counts, and all after it.
    assert state(recorder) == ("active", 4 * (1000 - 14))


def test_a_restart_writes_it_once(store: Store) -> None:
    machine = Machine(devices={2: Traffic()}, networks={"eth2": THERE})
    for _ in range(3):
        ticks(machine, begun(machine, store))
    assert noted(store) == [("attach:trip:410", "410")]


def test_what_was_undone_is_not_written_again(store: Store) -> None:
    machine = Machine(devices={2: Traffic()}, networks={"eth2": THERE})
    recorder = begun(machine, store)
    ticks(machine, recorder)
    entry = Undo(
        id=Name("no"),
        ts=Second(int(machine.wall_s)),
        plan=Name("trip"),
        entry=Name("attach:trip:410"),
    )
    ledger.append(store, entry, int(machine.wall_s), "test")
    watch = recorder._watch
    assert watch is not None
    watch.book.restate()
    ticks(machine, recorder)
    assert len(noted(store)) == 1
    assert state(recorder)[0] == "pending"


def test_a_tether_of_an_unknown_country_counts_at_once(store: Store) -> None:
    machine = Machine(devices={2: Traffic()}, networks={"eth2": PHONE})
    recorder = begun(machine, store)
    ticks(machine, recorder, rx=0)
    assert noted(store) == [("attach:trip:unknown", None)]
    assert state(recorder)[0] == "active"


def test_of_a_bare_interface_the_first_bytes_say_that_it_is_on_a_network(
    store: Store,
) -> None:
    machine = Machine(devices={2: Traffic()})
    recorder = begun(machine, store, PLAN.replace("ppp*", "eth*"))
    ticks(machine, recorder, rx=0)
    assert noted(store) == []
    ticks(machine, recorder)
    assert noted(store) == [("attach:trip:unknown", None)]
    assert state(recorder)[0] == "active"


def test_other_plans_are_not_told_of_networks(store: Store) -> None:
    machine = Machine(devices={2: Traffic()}, networks={"eth2": THERE})
    for how in ('"first_use"', '"2026-12-24"'):
        ticks(machine, begun(machine, store, PLAN.replace('"first_attach"', how)))
    assert noted(store) == []
