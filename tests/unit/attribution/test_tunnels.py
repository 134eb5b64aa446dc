"""Outer bytes become those of the programs inside; sums by carrier stay."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from monitor.attribution.kernel_tunnels import KernelTunnels, Wired
from monitor.attribution.shares import Attributed
from monitor.attribution.tunnels import HeldTunnels, Tunnel, held
from monitor.networks.attaching import local_part
from monitor.usage import Application, Attachment, Owner, Process, Share, Traffic

if TYPE_CHECKING:
    from collections.abc import Iterable

WWAN0 = Attachment("if:wwan0", "wwan0", billed=True)
ETH0 = Attachment("if:eth0", "eth0", billed=True)
TUN0 = Attachment("if:tun0", "tun0", billed=False)
TUN1 = Attachment("if:tun1", "tun1", billed=False)
WG0 = Attachment("if:wg0", "wg0", billed=False)
NAMES = {"wwan0", "eth0", "tun0", "tun1"}
AMOUNT = st.integers(0, 10**9)
SIGNED = st.integers(-(10**6), 10**6)


def process(name: str) -> Process:
    """A process of that name."""
    owner = Owner(10, sum(name.encode()), 1)
    return Process(owner, name, f"/usr/bin/{name}", (name,), 1000, 1, "/")


def row(
    name: str, attachment: Attachment, rx_bytes: int, tx_bytes: int = 0
) -> Attributed:
    """Bytes of a program's sockets on a device."""
    application = Application(name, "executable", f"/usr/bin/{name}")
    moved = Traffic(rx_bytes, tx_bytes)
    return Attributed(attachment, Share(application, uid=1000), process(name), moved)


VPN = process("openvpn").owner
TUNNEL = Tunnel((TUN0,), frozenset({VPN}))


def on(rows: Iterable[Attributed], *carriers: Attachment) -> dict[object, int]:
    """Received bytes on carriers, by program and kind."""
    found: Counter[object] = Counter()
    for each in rows:
        if each.attachment in carriers:
            application = each.share.application
            name = application.name if application else None
            found[name, each.share.kind, each.share.via] += each.traffic.rx_bytes
    return {key: number for key, number in found.items() if number}


def carried(
    *rows: Attributed, tunnels: Iterable[Tunnel] = (TUNNEL,)
) -> list[Attributed]:
    """What one tick becomes."""
    return HeldTunnels().share(rows, tunnels, NAMES)


def test_programs_inside_have_their_bytes_and_the_vpn_program_the_rest() -> None:
    rows = carried(
        row("openvpn", WWAN0, 1100),
        row("curl", TUN0, 600),
        row("firefox", TUN0, 400),
        row("firefox", WWAN0, 70),
    )
    assert on(rows, WWAN0) == {
        ("curl", "tunnel", "tun0"): 600,
        ("firefox", "tunnel", "tun0"): 400,
        ("firefox", "socket", ""): 70,
        ("openvpn", "tunnel_overhead", "tun0"): 100,
    }
    assert on(rows, TUN0) == {
        ("curl", "socket", ""): 600,
        ("firefox", "socket", ""): 400,
    }


def test_rows_keep_their_process_and_overhead_has_none() -> None:
    """So that a report by process and alerts know who it was."""
    rows = carried(row("openvpn", WWAN0, 1100), row("curl", TUN0, 600))
    by_kind = {each.share.kind: each for each in rows if each.attachment == WWAN0}
    assert by_kind["tunnel"].process == process("curl")
    assert by_kind["tunnel"].share.uid == 1000
    assert by_kind["tunnel_overhead"].process is None


def test_what_the_vpn_program_sends_through_its_own_tunnel_is_no_claim() -> None:
    rows = carried(row("openvpn", WWAN0, 1100), row("openvpn", TUN0, 600))
    assert on(rows, WWAN0) == {("openvpn", "tunnel_overhead", "tun0"): 1100}


def test_several_carriers_pay_by_their_outer_bytes() -> None:
    rows = carried(
        row("openvpn", WWAN0, 300), row("openvpn", ETH0, 900), row("curl", TUN0, 400)
    )
    assert on(rows, WWAN0)[("curl", "tunnel", "tun0")] == 100
    assert on(rows, ETH0)[("curl", "tunnel", "tun0")] == 300


def test_a_tunnel_in_a_tunnel_is_carried_by_what_carries_that() -> None:
    inner = Tunnel((TUN1,), frozenset({process("tinc").owner}))
    rows = (
        row("openvpn", WWAN0, 1100),
        row("tinc", TUN0, 1000),
        row("curl", TUN1, 900),
    )
    for tunnels in ((TUNNEL, inner), (inner, TUNNEL)):
        assert on(carried(*rows, tunnels=tunnels), WWAN0) == {
            ("curl", "tunnel", "tun1"): 900,
            ("tinc", "tunnel_overhead", "tun1"): 100,
            ("openvpn", "tunnel_overhead", "tun0"): 100,
        }


def test_tunnels_that_carry_each_other_end_somehow() -> None:
    inner = Tunnel((TUN1,), frozenset({process("tinc").owner}))
    rows = (row("openvpn", TUN1, 10), row("tinc", TUN0, 10), row("openvpn", WWAN0, 10))
    assert sum(on(carried(*rows, tunnels=(TUNNEL, inner)), WWAN0).values()) == 10


def test_what_stays_among_neighbours_outside_stays_so_for_those_inside() -> None:
    beside = local_part(WWAN0)
    rows = carried(row("openvpn", beside, 1100), row("curl", TUN0, 600))
    scopes = {each.share.scope for each in rows if each.attachment == beside}
    assert scopes == {"local"}
    assert on(rows, beside)[("curl", "tunnel", "tun0")] == 600


def test_one_program_with_two_devices_is_one_tunnel() -> None:
    owners = frozenset({VPN})
    devices = {2: WWAN0, 5: TUN0, 6: TUN1}
    (tunnel,) = held({6: owners, 5: owners}, devices)
    assert (tunnel.inside, tunnel.name) == ((TUN0, TUN1), "tun0")
    rows = carried(
        row("openvpn", WWAN0, 1100),
        row("curl", TUN0, 500),
        row("curl", TUN1, 500),
        tunnels=[tunnel],
    )
    assert on(rows, WWAN0) == {
        ("curl", "tunnel", "tun0"): 500,
        ("curl", "tunnel", "tun1"): 500,
        ("openvpn", "tunnel_overhead", "tun0"): 100,
    }


def test_a_device_that_is_billed_itself_is_no_tunnel() -> None:
    """A person included it, or there is no other."""
    billed = Attachment("if:tun0", "tun0", billed=True)
    assert held({5: frozenset({VPN})}, {5: billed}) == []
    assert held({5: frozenset(), 6: frozenset({VPN})}, {5: TUN0}) == []


@given(
    st.lists(
        st.tuples(SIGNED, SIGNED, st.dictionaries(st.sampled_from("abc"), SIGNED)),
        max_size=15,
    )
)
def test_whatever_the_ticks_each_carrier_keeps_its_sum(
    ticks: list[tuple[int, int, dict[str, int]]],
) -> None:
    tunnels = HeldTunnels()
    for wwan0, eth0, inner in ticks:
        rows = [
            row("openvpn", WWAN0, wwan0, eth0),
            row("openvpn", ETH0, eth0),
            *(row(name, TUN0, amount) for name, amount in inner.items()),
        ]
        shared = tunnels.share(rows, [TUNNEL], NAMES)
        for carrier in (WWAN0, ETH0, TUN0):
            before = [each.traffic for each in rows if each.attachment == carrier]
            after = [each.traffic for each in shared if each.attachment == carrier]
            assert sum(before, Traffic()) == sum(after, Traffic())
        assert not [each for each in shared if each.process == process("openvpn")]


KERNEL = [Wired(Tunnel((WG0,)), {2: WWAN0, 3: ETH0})]


def test_what_is_left_of_the_wire_is_the_kernels_tunnels() -> None:
    rows = [row("curl", WG0, 600), row("firefox", WWAN0, 1000)]
    wires = {2: Traffic(rx_bytes=1700)}
    added = KernelTunnels().share(rows, KERNEL, wires)
    assert on(added, WWAN0) == {
        ("curl", "tunnel", "wg0"): 600,
        (None, "tunnel_overhead", "wg0"): 100,
    }


def test_what_is_left_while_no_tunnel_moves_anything_is_left() -> None:
    added = KernelTunnels().share([], KERNEL, {2: Traffic(rx_bytes=1700)})
    assert added == []


def test_rows_that_are_ahead_of_the_wire_are_no_tunnels_later() -> None:
    """The wire is read first: what it lacks now it has too much in the next tick."""
    tunnels = KernelTunnels()
    ahead = [row("curl", WG0, 600), row("firefox", WWAN0, 1000)]
    added = tunnels.share(ahead, KERNEL, {2: Traffic(rx_bytes=900)})
    assert on(added, WWAN0) == {}
    added = tunnels.share([], KERNEL, {2: Traffic(rx_bytes=800)})
    assert on(added, WWAN0) == {
        ("curl", "tunnel", "wg0"): 600,
        (None, "tunnel_overhead", "wg0"): 100,
    }


def test_two_tunnels_of_the_kernel_share_by_what_they_moved() -> None:
    other = Attachment("if:vx0", "vx0", billed=False)
    both = [*KERNEL, Wired(Tunnel((other,)), {2: WWAN0})]
    rows = [row("curl", WG0, 300), row("rsync", other, 900)]
    added = KernelTunnels().share(rows, both, {2: Traffic(rx_bytes=1600)})
    assert on(added, WWAN0) == {
        ("curl", "tunnel", "wg0"): 300,
        (None, "tunnel_overhead", "wg0"): 100,
        ("rsync", "tunnel", "vx0"): 900,
        (None, "tunnel_overhead", "vx0"): 300,
    }


@given(st.lists(st.tuples(AMOUNT, AMOUNT, AMOUNT), max_size=15))
def test_the_explanation_of_a_carrier_never_gets_ahead_of_its_wire(
    ticks: list[tuple[int, int, int]],
) -> None:
    tunnels = KernelTunnels()
    wire = explained = 0
    for direct, inner, outer in ticks:
        rows = [row("curl", WG0, inner), row("firefox", WWAN0, direct)]
        moved = Traffic(rx_bytes=direct + outer)
        added = tunnels.share(rows, KERNEL, {2: moved})
        wire += moved.rx_bytes
        explained += sum(on([*rows, *added], WWAN0).values())
        assert explained <= wire
    tunnels.share([], [], {})
