"""The parts in order, and when the kernel is asked for what."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, cast

from monitor.attribution.recent import PATIENCE_TICKS
from monitor.attribution.shares import Surroundings
from monitor.counting.explaining import Explaining, watched_besides
from monitor.devices import Link
from monitor.errors import SourceError
from monitor.networks.attaching import ARPHRD_ETHER, InterfaceRules, attach, lowers
from monitor.sources import Sources
from monitor.usage import Owner, Process, SocketKey, Traffic
from monitor.wire import NOTHING, Hop, Passed, Reading, Way, Wire
from tests.unit.machine import NETNS, Machine

if TYPE_CHECKING:
    from monitor.attribution.shares import Attributed
    from monitor.sources import WireSource

CURL, VPN, OTHER = Owner(1, 10, 1), Owner(1, 20, 1), Owner(1, 30, 1)
NAMES = {CURL: "curl", VPN: "openvpn", OTHER: "tinc"}
WWAN0 = Link(2, "wwan0", ARPHRD_ETHER, "", 1500)
TUN0 = Link(5, "tun0", 65534, "tun", 1400)
WG0 = Link(6, "wg0", 65534, "wireguard", 1400)
AP0 = Link(7, "ap0", ARPHRD_ETHER, "veth", 1500)


class Wires:
    """Who holds which TUN device, and how often the kernel was asked."""

    def __init__(self) -> None:
        self.holders: dict[int, frozenset[Owner]] = {}
        self.walks = 0
        self.broken = False

    def tun_holders(self) -> dict[int, frozenset[Owner]]:
        """A walk over all open files."""
        self.walks += 1
        if self.broken:
            raise SourceError("the list of TUN devices")
        return self.holders


class Ticks:
    """Tick after tick on a machine with some devices."""

    def __init__(self, *links: Link) -> None:
        self.wires = Wires()
        machine = Machine(wires=cast("WireSource", self.wires))
        sources = Sources(
            read_clock=machine.clock,
            devices=machine.counters,
            links=machine.links,
            default_routes=frozenset,
            addresses=dict,
            netns=NETNS,
            sockets=machine,
        )
        self.explaining = Explaining(sources)
        self.links = {link.ifindex: link for link in links}

    @property
    def around(self) -> Surroundings:
        """The machine now."""
        devices = attach(self.links, InterfaceRules(), frozenset()).devices
        return Surroundings(
            NETNS, devices, lowers(self.links, devices), {}, links=self.links
        )

    def tick(
        self, moved: Reading = NOTHING, **rows: dict[int, int]
    ) -> dict[tuple[str, str | None, str], int]:
        """One tick of rows, by program: received bytes by ifindex."""
        owners = {name: owner for owner, name in NAMES.items()}
        changed = {
            SocketKey(owners[name], NETNS, ifindex): Traffic(rx_bytes=amount)
            for name, by_ifindex in rows.items()
            for ifindex, amount in by_ifindex.items()
        }
        found = self.explaining.explain(changed, moved, self.around, _find)
        return _received(found)


def _find(owner: Owner) -> Process:
    return Process(owner, NAMES[owner], f"/bin/{NAMES[owner]}", (), 0, 1, "/")


def _received(rows: list[Attributed]) -> dict[tuple[str, str | None, str], int]:
    found: Counter[tuple[str, str | None, str]] = Counter()
    for row in rows:
        application = row.share.application
        name = application.name if application else None
        found[row.attachment.device, name, row.share.kind] += row.traffic.rx_bytes
    return {key: number for key, number in found.items() if number}


def test_a_hotspots_bytes_through_a_tunnel_are_on_the_carrier() -> None:
    """And those of a program here beside them; the tunnel itself is billed nowhere."""
    ticks = Ticks(WWAN0, TUN0, AP0)
    ticks.wires.holders = {5: frozenset({VPN})}
    moved = Reading({}, {Hop(5, 7): Passed(500, 1)})
    found = ticks.tick(moved, openvpn={2: 1000}, curl={5: 300, 2: 20})
    assert {key: n for key, n in found.items() if key[0] == "wwan0"} == {
        ("wwan0", None, "forwarded"): 500,
        ("wwan0", "curl", "tunnel"): 300,
        ("wwan0", "curl", "socket"): 20,
        ("wwan0", "openvpn", "tunnel_overhead"): 200,
    }


def test_what_is_left_on_the_wire_is_a_tunnel_of_the_kernel() -> None:
    ticks = Ticks(WWAN0, WG0)
    moved = Reading({2: Wire(rx=Way(bytes=1000, packets=1))}, {})
    found = ticks.tick(moved, curl={6: 300, 2: 600})
    assert found["wwan0", "curl", "tunnel"] == 300
    assert found["wwan0", None, "tunnel_overhead"] == 100


def test_holders_are_looked_for_only_when_somebody_is_unknown() -> None:
    ticks = Ticks(WWAN0)
    ticks.tick(curl={2: 1})
    assert ticks.wires.walks == 0
    ticks.links[5] = TUN0
    ticks.wires.holders = {5: frozenset({VPN})}
    for _ in range(3):
        ticks.tick(openvpn={2: 10}, curl={5: 5})
    ticks.tick(curl={2: 10})
    assert ticks.wires.walks == 1
    ticks.wires.holders = {5: frozenset({OTHER})}  # the device stayed, the VPN is new
    found = ticks.tick(tinc={2: 10}, curl={5: 8})
    assert found["wwan0", "curl", "tunnel"] == 8
    assert ticks.wires.walks == 2


def test_a_kernel_that_does_not_say_who_holds_it_stops_no_tick() -> None:
    ticks = Ticks(WWAN0, TUN0)
    ticks.wires.broken = True
    found = ticks.tick(openvpn={2: 10}, curl={5: 8})
    assert found["wwan0", "openvpn", "socket"] == 10


def test_the_last_bytes_of_a_tunnel_that_is_gone_find_their_program() -> None:
    ticks = Ticks(WWAN0, TUN0)
    ticks.wires.holders = {5: frozenset({VPN})}
    ticks.tick(openvpn={2: 10}, curl={5: 8})
    del ticks.links[5]
    ticks.wires.holders = {}
    found = ticks.tick(openvpn={2: 100}, curl={5: 80})
    assert found["wwan0", "curl", "tunnel"] == 80
    for _ in range(PATIENCE_TICKS):
        ticks.tick()
    found = ticks.tick(openvpn={2: 100}, curl={5: 80})
    assert found == {("wwan0", "openvpn", "socket"): 100}


def test_a_device_that_is_billed_and_gone_has_no_bill_to_explain() -> None:
    ticks = Ticks(WWAN0, Link(3, "usb0", ARPHRD_ETHER, "", 1500))
    ticks.tick(curl={3: 8})
    del ticks.links[3]
    assert ticks.tick(curl={3: 8}) == {}


def test_a_port_of_a_bridge_is_no_tunnel() -> None:
    """A virtual machine holds it, and its packets are forwarded."""
    tap = Link(8, "vnet0", ARPHRD_ETHER, "tun", 1500, master=9)
    ticks = Ticks(WWAN0, tap, Link(9, "virbr0", ARPHRD_ETHER, "bridge", 1500))
    assert watched_besides(ticks.around) == set()
    ticks.wires.holders = {8: frozenset({VPN})}
    moved = Reading({}, {Hop(2, 9): Passed(500, 1), Hop(2, 8): Passed(500, 1)})
    assert ticks.tick(moved, openvpn={2: 7}) == {
        ("wwan0", "openvpn", "socket"): 7,
        ("wwan0", None, "forwarded"): 500,
    }


def test_tunnels_and_what_sits_on_billed_devices_are_watched_besides() -> None:
    vlan = Link(8, "wwan0.7", ARPHRD_ETHER, "vlan", 1500, lower=2)
    ticks = Ticks(WWAN0, TUN0, WG0, AP0, vlan)
    assert watched_besides(ticks.around) == {5, 6, 8}
