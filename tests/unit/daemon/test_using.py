"""Networks in use, from ticks over a real store to what a person is told."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from monitor.alerts import Stays
from monitor.networks.attaching import InterfaceRules
from monitor.networks.uplink import CONFIG, METERED_YES, USB, WIFI, Connections, Network
from monitor.networks.uplink import SavedWifi as Saved
from monitor.store import alerts as stored_alerts
from monitor.store.engine import open_store
from monitor.usage import Traffic
from tests.unit.living import life
from tests.unit.machine import ROW, Machine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.store.engine import Store

PLAN = """
[[plan]]
id = "pk"
quota = "10 GB"
every = "month"
billing_day = 1
tz = "UTC"
[plan.match]
interface = ["wwan*"]
"""
PHONE = Network("usb:05ac:12a8:1", USB, "iPhone", metered=True, metered_by="iphone")
CABLE = Network("ethernet:cc", "ethernet", metered=False)
UUID = "5f1c7a52-3e0e-4d4b-9c0b-0d5a4f8a7c11"
HOME = Saved(UUID, "Home", b"Home")
IN_RANGE = Connections(in_range=frozenset({b"Home"}), saved=(HOME,))


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


class Life:
    """One life of a daemon on a machine."""

    def __init__(self, machine: Machine, store: Store, text: str = PLAN) -> None:
        """Begin."""
        self.machine = machine
        self.recorder = life(machine, store, store.path.parent, text)
        watch = self.recorder._watch
        assert watch is not None
        self.watch = watch
        self.watch.telling.stays = Stays(0)  # its clock

    def move(self, *ifindexes: int) -> None:
        """A tick, with bytes on these devices."""
        self.machine.pass_time(10)
        for ifindex in ifindexes:
            self.machine.move(ifindex, Traffic(1014, 0, 1, 0), ROW)
        self.recorder.sample()


def told(store: Store) -> list[tuple[str, str]]:
    """Kind and network of all alerts."""
    listed = (row.raised.alert for row in stored_alerts.listed(store))
    return sorted((alert.key.kind, alert.network) for alert in listed)


def test_bytes_over_a_metered_network_in_no_plan_are_told_once_also_by_the_next_run(
    store: Store,
) -> None:
    machine = Machine(devices={2: Traffic(), 3: Traffic()})
    machine.networks = {"eth2": PHONE, "eth3": CABLE}
    life = Life(machine, store)
    life.move(3)
    life.move(3)
    assert told(store) == []
    for _ in range(3):
        life.move(2, 3)
    assert told(store) == [("network.uncovered", PHONE.key)]
    life = Life(machine, store)
    for _ in range(3):
        life.move(2)
    assert told(store) == [("network.uncovered", PHONE.key)]


def test_a_network_that_a_plan_pays_for_is_not_told(store: Store) -> None:
    machine = Machine(devices={2: Traffic()}, networks={"eth2": PHONE})
    life = Life(machine, store, PLAN.replace("wwan*", "eth*"))
    for _ in range(3):
        life.move(2)
    assert told(store) == []


def test_a_network_is_told_by_the_name_that_a_person_gave_it(store: Store) -> None:
    machine = Machine(devices={2: Traffic()}, networks={"eth2": PHONE})
    life = Life(machine, store)
    life.watch.labels.put(PHONE.key, "Anna's phone")
    for _ in range(3):
        life.move(2)
    (row,) = stored_alerts.listed(store)
    assert row.raised.alert.title.endswith('covers: "Anna\'s phone" (eth2)')


def test_where_nobody_knows_networks_interfaces_are_told_of(store: Store) -> None:
    """By the person's own word on what is metered."""
    machine = Machine(devices={2: Traffic()})
    life = Life(machine, store)
    life.recorder.sampler.here.rules = InterfaceRules(metered=("eth*",))
    for _ in range(3):
        life.move(2)
    assert told(store) == [("network.uncovered", "if:eth2")]


def test_a_known_wifi_in_range_is_told_while_bytes_cost(store: Store) -> None:
    machine = Machine(devices={2: Traffic(), 3: Traffic()})
    machine.networks = {"eth2": PHONE, "eth3": CABLE}
    life = Life(machine, store, PLAN.replace("wwan*", "eth2"))
    life.watch.using.connections = lambda: IN_RANGE
    for _ in range(3):
        life.move(3)
    assert told(store) == []
    for _ in range(3):
        life.move(2)
    assert told(store) == [("wifi.in_range", PHONE.key)]
    (row,) = stored_alerts.listed(store)
    assert (row.raised.alert.plan, row.raised.alert.detail) == ("pk", f"wifi:{UUID}")


@pytest.mark.parametrize(
    ("met", "saved", "is_told"),
    [
        (Network(f"wifi:{UUID}", WIFI, "Home", metered=False), HOME, True),
        (Network(f"wifi:{UUID}", WIFI, "Home", metered=True), HOME, False),
        (Network(f"wifi:{UUID}", WIFI, "Home", tether="wifi/apple"), HOME, False),
        (Network(f"wifi:{UUID}", WIFI, metered=False, metered_by=CONFIG), HOME, True),
        (
            Network(f"wifi:{UUID}", WIFI, metered=False),
            Saved(UUID, "Home", b"Home", METERED_YES),
            False,
        ),
    ],
)
def test_what_was_met_before_says_whether_a_wifi_costs(
    store: Store, met: Network, saved: Saved, *, is_told: bool
) -> None:
    machine = Machine(devices={2: Traffic()}, networks={"eth2": met})
    Life(machine, store).move(2)
    machine.networks = {"eth2": PHONE}
    life = Life(machine, store, PLAN.replace("wwan*", "eth2"))
    life.watch.using.connections = lambda: Connections(
        in_range=frozenset({b"Home"}), saved=(saved,)
    )
    for _ in range(3):
        life.move(2)
    kinds = [kind for kind, _ in told(store)]
    assert ("wifi.in_range" in kinds) is is_told


def test_what_the_person_says_of_a_wifi_goes_before_its_past(store: Store) -> None:
    machine = Machine(devices={2: Traffic()})
    for met in (
        Network(f"wifi:{UUID}", WIFI, "Home", metered=True),
        Network(f"wifi:{UUID}", WIFI, "Home", metered=False, metered_by=CONFIG),
    ):
        machine.networks = {"eth2": met}
        Life(machine, store).move(2)
    machine.networks = {"eth2": PHONE}
    life = Life(machine, store, PLAN.replace("wwan*", "eth2"))
    life.watch.using.connections = lambda: IN_RANGE
    for _ in range(3):
        life.move(2)
    assert "wifi.in_range" in [kind for kind, _ in told(store)]


@pytest.mark.parametrize(
    ("words", "met", "is_told"),
    [
        ('metered = ["Ho*"]', None, False),
        ('unmetered = ["Home"]', Network("wifi:U", WIFI, metered=True), True),
        ('metered = ["Cafe"]', None, True),
    ],
)
def test_the_configuration_says_what_a_wifi_costs_that_was_never_joined(
    store: Store, words: str, met: Network | None, *, is_told: bool
) -> None:
    machine = Machine(devices={2: Traffic()})
    if met is not None:
        machine.networks = {"eth2": replace(met, key=f"wifi:{UUID}")}
        Life(machine, store).move(2)
    machine.networks = {"eth2": PHONE}
    life = Life(machine, store, f"[networks]\n{words}\n{PLAN.replace('wwan*', 'eth2')}")
    life.watch.using.connections = lambda: IN_RANGE
    for _ in range(3):
        life.move(2)
    kinds = [kind for kind, _ in told(store)]
    assert ("wifi.in_range" in kinds) is is_told


def test_a_store_that_cannot_be_read_makes_no_wifi_free(store: Store) -> None:
    machine = Machine(devices={2: Traffic()}, networks={"eth2": PHONE})
    life = Life(machine, store, PLAN.replace("wwan*", "eth2"))
    life.watch.using.connections = lambda: IN_RANGE
    store.path.rename(store.path.with_name("elsewhere"))
    for _ in range(3):
        life.move(2)
    assert life.watch.telling.told.open == {}


def test_plans_with_a_file_of_their_own_are_the_answers(
    store: Store, tmp_path: Path
) -> None:
    machine = Machine(devices={2: Traffic()}, networks={"eth2": PHONE})
    text = PLAN + PLAN.replace('"pk"', '"cn"').replace("wwan*", "usb*")
    (tmp_path / "plans.d").mkdir()
    (tmp_path / "plans.d" / "cn.toml").write_text("", encoding="utf-8")
    life = Life(machine, store, text)
    for _ in range(3):
        life.move(2)
    (pending,) = life.watch.telling.pending()["alerts"]
    assert (pending["kind"], pending["network"]) == ("network.uncovered", PHONE.key)
    assert pending["plans"] == ["cn"]
    assert "PLAN is one of: cn, pk." in pending["body"]
