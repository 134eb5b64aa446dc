"""The real daemon while networks change: every byte is booked where it was moved.

Its tick is a minute: nothing but a signal makes it read its counters in between.
"""

from __future__ import annotations

import json
import signal
from functools import partial
from typing import TYPE_CHECKING

import pytest

from monitor.store import queries
from monitor.store.engine import open_store
from monitor.usage import Interval
from tests.e2e.conftest import NEEDS as E2E_NEEDS
from tests.e2e.daemon import wait_for
from tests.e2e.truth import billed, raw
from tests.networks.at_modem import PAKISTAN, ROAMING, TRAVEL, AtModem
from tests.networks.booked import Where, Wire, booked
from tests.networks.machine import MODEM_MANAGER, NETWORK_MANAGER
from tests.networks.stage import ANDROID, ELSEWHERE, INTERNET

if TYPE_CHECKING:
    from tests.e2e.daemon import Esimmon
    from tests.networks.stage import Stage

pytestmark = [pytest.mark.e2e, pytest.mark.needs(*E2E_NEEDS)]

ROUTER, OTHER = "192.168.43.1/24", "10.77.0.1/24"
QUIET_BYTES = 20_000
"""More than DHCP and ARP move while a network changes, less than any transfer."""


def attached(esimmon: Esimmon, device: str) -> dict[str, object]:
    """The network of a device, as the daemon says."""
    done = esimmon.call("networks", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["networks"]
    for each in found:
        if each["attached"] and each["interface"] == device:
            return dict(each)
    return {}


def wait_attached(esimmon: Esimmon, device: str, **facts: object) -> None:
    """Wait until the daemon has taken in what a device is attached to."""
    wait_for(
        lambda: facts.items() <= attached(esimmon, device).items(),
        f"{device} to be {facts}",
    )


class Run:
    """A run of the daemon, with the counters of a device around it.

    NetworkManager says now and then who it is (RFC 5227): so each of the daemon's
    readings is only known to be between two of ours.
    """

    def __init__(self, stage: Stage, device: str, esimmon: Esimmon) -> None:
        """Start it.

        Args:
            stage: where.
            device: whose counters.
            esimmon: the program.
        """
        self._esimmon = esimmon
        self._read = partial(raw, stage.near, device)
        self._before = self._read()
        self._daemon = esimmon.start()
        self._after = self._read()

    def so_far(self) -> int:
        """What has been moved at least, both ways together."""
        return sum(self._read() - self._after)

    def end(self) -> None:
        """Stop it; all that was moved is in the bill."""
        least = self._read() - self._after
        assert self._daemon.stop() == 0
        most = self._read() - self._before
        ways = zip(least, billed(self._esimmon.report()), most, strict=True)
        assert all(low <= way <= high for low, way, high in ways)


def counted(esimmon: Esimmon, where: Where) -> int:
    """What a network moved as its counters say, both ways together."""
    with open_store(esimmon.store, writable=False) as store:
        bills = queries.interface_bills(store, Interval(0, 2**40))
    return sum(each.counter.bytes for each in bills if each.network == where.network)


def test_two_connections_on_one_cable(stage: Stage, esimmon: Esimmon) -> None:
    stage.plug("cable0", ROUTER)
    wire = Wire(stage, "cable0", INTERNET)
    first = Where(f"ethernet:{stage.connect('one', 'cable0')}", metered=False)
    run = Run(stage, "cable0", esimmon)
    pid, moved = wire.transfer(up=100_000, down=3_000_000)
    before = run.so_far()

    second = Where(f"ethernet:{stage.connect('other', 'cable0')}", metered=False)
    wait_attached(esimmon, "cable0", key=second.network)
    next_pid, next_moved = wire.transfer(up=2_000_000, down=50_000)
    run.end()

    assert booked(esimmon.store, pid) == {first: moved}
    assert booked(esimmon.store, next_pid) == {second: next_moved}
    old, new = (counted(esimmon, where) for where in (first, second))
    assert before <= old < before + QUIET_BYTES
    assert old + new == sum(billed(esimmon.report()))


def test_a_connection_that_begins_to_cost(stage: Stage, esimmon: Esimmon) -> None:
    stage.plug("cable0", ROUTER, ANDROID)
    wire = Wire(stage, "cable0", INTERNET)
    key = f"ethernet:{stage.connect('phone', 'cable0')}"
    run = Run(stage, "cable0", esimmon)
    pid, moved = wire.transfer(down=1_000_000)
    stage.run("nmcli", "connection", "modify", "phone", "connection.metered", "no")
    stage.run("nmcli", "device", "reapply", "cable0")
    wait_attached(esimmon, "cable0", key=key, metered=False)
    next_pid, next_moved = wire.transfer(down=2_000_000)
    run.end()

    assert booked(esimmon.store, pid) == {Where(key, metered=True): moved}
    assert booked(esimmon.store, next_pid) == {Where(key, metered=False): next_moved}


def test_a_program_that_goes_on_is_divided_at_the_signal(
    stage: Stage, esimmon: Esimmon
) -> None:
    stage.plug("cable0", ROUTER)
    wire = Wire(stage, "cable0", INTERNET)
    first = Where(f"ethernet:{stage.connect('one', 'cable0')}", metered=False)
    second: list[Where] = []

    def change() -> None:
        key = f"ethernet:{stage.connect('other', 'cable0')}"
        wait_attached(esimmon, "cable0", key=key)
        second.append(Where(key, metered=False))

    run = Run(stage, "cable0", esimmon)
    pid, before, after = wire.transfer_twice(3_000_000, change)
    run.end()
    assert booked(esimmon.store, pid) == {first: before, second[0]: after}


def test_two_cables_at_once(stage: Stage, esimmon: Esimmon) -> None:
    stage.plug("cable0", ROUTER, ANDROID)
    stage.plug("cable1", OTHER)
    phone = Where(f"ethernet:{stage.connect('phone', 'cable0')}", metered=True)
    route = ("ipv4.routes", f"{ELSEWHERE} 10.77.0.1")
    office = Where(
        f"ethernet:{stage.connect('office', 'cable1', *route)}", metered=False
    )
    wires = Wire(stage, "cable0", INTERNET), Wire(stage, "cable1", ELSEWHERE)
    daemon = esimmon.start()
    moved = [wire.transfer(up=300_000, down=1_000_000) for wire in wires]
    assert daemon.stop() == 0
    for (pid, both), where in zip(moved, (phone, office), strict=True):
        assert booked(esimmon.store, pid) == {where: both}


def test_a_cable_that_is_pulled_out_and_goes_to_another_network(
    stage: Stage, esimmon: Esimmon
) -> None:
    stage.plug("cable0", ROUTER, ANDROID)
    phone = Where(f"ethernet:{stage.connect('phone', 'cable0')}", metered=True)
    daemon = esimmon.start()
    pid, moved = Wire(stage, "cable0", INTERNET).transfer(up=100_000, down=1_000_000)
    stage.unplug("cable0")
    wait_for(lambda: not attached(esimmon, "cable0"), "the cable to be out")
    stage.plug("cable0", OTHER)
    office = Where(f"ethernet:{stage.connect('office', 'cable0')}", metered=False)
    wait_attached(esimmon, "cable0", key=office.network)
    next_pid, next_moved = Wire(stage, "cable0", INTERNET).transfer(down=2_000_000)
    assert daemon.stop() == 0

    assert booked(esimmon.store, pid) == {phone: moved}
    assert booked(esimmon.store, next_pid) == {office: next_moved}


def test_networkmanager_that_is_restarted_changes_no_network(
    stage: Stage, esimmon: Esimmon
) -> None:
    stage.plug("cable0", ROUTER, ANDROID)
    wire = Wire(stage, "cable0", INTERNET)
    phone = Where(f"ethernet:{stage.connect('phone', 'cable0')}", metered=True)
    run = Run(stage, "cable0", esimmon)
    moved = [wire.transfer(down=1_000_000)]
    stage.stop(NETWORK_MANAGER)
    moved.append(wire.transfer(down=2_000_000))
    stage.start(NETWORK_MANAGER)
    moved.append(wire.transfer(down=3_000_000))
    wait_attached(esimmon, "cable0", key=phone.network, metered=True)
    moved.append(wire.transfer(down=4_000_000))
    run.end()
    for pid, both in moved:
        assert booked(esimmon.store, pid) == {phone: both}


def test_a_daemon_that_starts_beside_a_hung_networkmanager_counts_at_once(
    stage: Stage, esimmon: Esimmon
) -> None:
    stage.plug("cable0", ROUTER, ANDROID)
    wire = Wire(stage, "cable0", INTERNET)
    phone = Where(f"ethernet:{stage.connect('phone', 'cable0')}", metered=True)
    stage.send(NETWORK_MANAGER, signal.SIGSTOP)
    run = Run(stage, "cable0", esimmon)
    pid, moved = wire.transfer(down=1_000_000)
    assert attached(esimmon, "cable0")["key"] == "if:cable0"
    stage.send(NETWORK_MANAGER, signal.SIGCONT)
    wait_attached(esimmon, "cable0", key=phone.network)
    next_pid, next_moved = wire.transfer(down=2_000_000)
    run.end()
    assert booked(esimmon.store, pid) == {Where("if:cable0"): moved}
    assert booked(esimmon.store, next_pid) == {phone: next_moved}


def test_a_border_and_another_profile(bare: Stage, esimmon: Esimmon) -> None:
    bare.start(MODEM_MANAGER)
    bare.lay("wwan0", OTHER)
    bare.near.ip("addr add 10.77.0.2/24 dev wwan0", "link set wwan0 up")
    bare.near.ip("route add default via 10.77.0.1")
    wire = Wire(bare, "wwan0", INTERNET)
    with AtModem(bare.folder, "modem0", "wwan0") as modem:
        bare.add_modem("one", modem)
        bare.mmcli("--simple-connect=apn=internet")
        run = Run(bare, "wwan0", esimmon)
        moved = [wire.transfer(down=1_000_000)]
        modem.register(ROAMING, "41001", "Jazz")
        wait_attached(esimmon, "wwan0", mcc="410", roaming=True)
        moved.append(wire.transfer(down=2_000_000))
        modem.sim = PAKISTAN
        bare.mmcli("--disable")
        wait_attached(esimmon, "wwan0", key="if:wwan0")
        bare.mmcli("--enable")  # it finds the other profile, and begins anew
        bare.mmcli("--simple-connect=apn=internet")
        wait_attached(esimmon, "wwan0", key=f"sim:{PAKISTAN.iccid}")
        moved.append(wire.transfer(down=3_000_000))
        run.end()

    travel, jazz = f"sim:{TRAVEL.iccid}", f"sim:{PAKISTAN.iccid}"
    places = (
        Where(travel, metered=True, mcc="454", roaming=False),
        Where(travel, metered=True, mcc="410", roaming=True),
        Where(jazz, metered=True, mcc="410", roaming=True),
    )
    for (pid, both), where in zip(moved, places, strict=True):
        assert booked(esimmon.store, pid) == {where: both}
