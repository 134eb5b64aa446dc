"""What is forwarded is on its uplink, by who is behind it, and nowhere twice."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from monitor.attribution.forwarding import Forwarding, Ground
from monitor.attribution.shares import Attributed
from monitor.devices import Link
from monitor.networks.attaching import ARPHRD_ETHER, elsewhere
from monitor.usage import Application, Attachment, Owner, Process, Share, Traffic
from monitor.wire import Hop, Passed

if TYPE_CHECKING:
    from collections.abc import Iterable

WWAN, ETH, DOCKER, AP, PORT_A, PORT_B, BOND = 2, 3, 4, 5, 6, 7, 8
WWAN0 = Attachment("if:wwan0", "wwan0", billed=True)
ETH0 = Attachment("if:eth0", "eth0", billed=True)
INSIDE_A, INSIDE_B = elsewhere(100, 2), elsewhere(200, 2)
AMOUNT = st.integers(0, 10**6)


def link(ifindex: int, name: str, kind: str = "", master: int = 0) -> Link:
    """A device."""
    return Link(ifindex, name, ARPHRD_ETHER, kind, 1500, master)


LINKS = {
    each.ifindex: each
    for each in (
        link(WWAN, "wwan0"),
        link(ETH, "eth0", master=BOND),
        link(DOCKER, "docker0", "bridge"),
        link(AP, "ap0"),
        link(PORT_A, "veth-a", "veth", DOCKER),
        link(PORT_B, "veth-b", "veth", DOCKER),
        link(BOND, "bond0", "bond"),
    )
}
GROUND = Ground(
    links=LINKS,
    uplinks={WWAN: WWAN0, ETH: ETH0},
    lowers={BOND: (ETH,)},
    weights={},
    ports={INSIDE_A: PORT_A, INSIDE_B: PORT_B},
)


def row(name: str, inside: Attachment, rx: int = 0, tx: int = 0) -> Attributed:
    """Bytes of a container's process, a packet each."""
    owner = Owner(10, sum(name.encode()), 1)
    process = Process(owner, name, f"/bin/{name}", (name,), 0, 1, "/")
    share = Share(Application(name, "container"), uid=0)
    moved = Traffic(rx, tx, int(rx > 0), int(tx > 0))
    return Attributed(inside, share, process, moved)


def passed(**hops: int) -> dict[Hop, Passed]:
    """Bytes by `from_to`, a packet each."""
    numbers = {"wwan": WWAN, "eth": ETH, "docker": DOCKER, "ap": AP, "bond": BOND}
    numbers |= {"a": PORT_A, "b": PORT_B}
    found = {}
    for name, amount in hops.items():
        start, _, end = name.partition("_")
        found[Hop(numbers[start], numbers[end])] = Passed(amount, 1)
    return found


def on(
    rows: Iterable[Attributed], attachment: Attachment
) -> dict[tuple[str | None, str, str], tuple[int, int]]:
    """Received and sent bytes on a device, by program, kind and way."""
    rx: Counter[tuple[str | None, str, str]] = Counter()
    tx: Counter[tuple[str | None, str, str]] = Counter()
    for each in rows:
        if each.attachment == attachment:
            share = each.share
            name = share.application.name if share.application else None
            rx[name, share.kind, share.via] += each.traffic.rx_bytes
            tx[name, share.kind, share.via] += each.traffic.tx_bytes
    return {key: (rx[key], tx[key]) for key in rx | tx if rx[key] or tx[key]}


def test_what_a_hotspot_moves_is_on_the_uplink_under_its_name() -> None:
    added = Forwarding().share([], passed(ap_wwan=100, wwan_ap=900), GROUND)
    assert on(added, WWAN0) == {(None, "forwarded", "ap0"): (900, 100)}


def test_between_two_uplinks_each_has_the_other_behind_it() -> None:
    """A wired client of a machine on a modem: both bills hold the bytes."""
    ground = Ground({**LINKS, ETH: link(ETH, "eth0")}, GROUND.uplinks, {}, {}, {})
    added = Forwarding().share([], passed(eth_wwan=100, wwan_eth=900), ground)
    assert on(added, WWAN0) == {(None, "forwarded", "eth0"): (900, 100)}
    assert on(added, ETH0) == {(None, "forwarded", "wwan0"): (100, 900)}


def test_a_bridge_counts_once_and_its_ports_say_whose_it_was() -> None:
    hops = passed(docker_wwan=300, wwan_docker=900, wwan_a=600, wwan_b=300)
    rows = [row("a", INSIDE_A, 600, 100), row("b", INSIDE_B, 250, 150)]
    added = Forwarding().share(rows, hops, GROUND)
    assert on(added, WWAN0) == {
        ("a", "forwarded", "docker0"): (600, 100),
        ("b", "forwarded", "docker0"): (250, 150),
        (None, "forwarded", "docker0"): (50, 50),
    }
    assert on([*rows, *added], INSIDE_A) == on([*rows, *added], INSIDE_B) == {}


def test_what_containers_say_to_each_other_stays_where_it_is() -> None:
    """Nothing of it came over the uplink; what did is the other one's."""
    hops = passed(docker_wwan=100, wwan_docker=900, wwan_b=900)
    rows = [row("a", INSIDE_A, 5000, 5000), row("b", INSIDE_B, 900, 100)]
    added = Forwarding().share(rows, hops, GROUND)
    assert on(added, WWAN0) == {("b", "forwarded", "docker0"): (900, 100)}
    assert on([*rows, *added], INSIDE_A) == {("a", "socket", ""): (5000, 5000)}


def test_a_row_that_is_seen_a_tick_late_is_taken_from_the_rest() -> None:
    forwarding, rows = Forwarding(), [row("a", INSIDE_A, 600, 100)]
    hops = passed(docker_wwan=100, wwan_docker=600, wwan_a=600)
    added = forwarding.share([], hops, GROUND)
    assert on(added, WWAN0) == {(None, "forwarded", "docker0"): (600, 100)}
    added += forwarding.share(rows, {}, GROUND)
    assert on(added, WWAN0) == {("a", "forwarded", "docker0"): (600, 100)}


def test_down_a_bond_packets_come_from_the_bond() -> None:
    """Up they are seen at its lower device, too."""
    hops = passed(ap_eth=100, ap_bond=100, bond_ap=900)
    added = Forwarding().share([], hops, GROUND)
    assert on(added, ETH0) == {(None, "forwarded", "ap0"): (900, 100)}


def test_between_ports_of_the_uplinks_own_bridge_the_bridge_is_named() -> None:
    """A virtual machine bridged to the wire."""
    bridge, tap = 20, 21
    links = {
        bridge: link(bridge, "br0", "bridge"),
        ETH: link(ETH, "eth0", "", bridge),
        tap: link(tap, "tap0", "tun", bridge),
    }
    ground = Ground(links, {ETH: ETH0}, {bridge: (ETH,)}, {}, {})
    hops = {Hop(tap, ETH): Passed(100, 1), Hop(ETH, tap): Passed(900, 1)}
    added = Forwarding().share([], hops, ground)
    assert on(added, ETH0) == {(None, "forwarded", "br0"): (900, 100)}


def test_a_device_that_nobody_knows_any_more_has_a_number() -> None:
    added = Forwarding().share([], {Hop(99, WWAN): Passed(100, 1)}, GROUND)
    assert on(added, WWAN0) == {(None, "forwarded", "if99"): (0, 100)}


@given(
    st.lists(
        st.tuples(AMOUNT, AMOUNT, AMOUNT, AMOUNT, AMOUNT, AMOUNT, AMOUNT), max_size=12
    )
)
def test_whatever_the_ticks_the_uplink_holds_what_was_forwarded(
    ticks: list[tuple[int, ...]],
) -> None:
    forwarding = Forwarding()
    booked: list[Attributed] = []
    forwarded = Counter[str]()
    for up, down, to_a, to_b, received, sent, other in ticks:
        hops = passed(docker_wwan=up, wwan_docker=down, wwan_a=to_a, wwan_b=to_b)
        rows = [row("a", INSIDE_A, received, sent), row("b", INSIDE_B, other, other)]
        booked += [*rows, *forwarding.share(rows, hops, GROUND)]
        forwarded["rx"] += down
        forwarded["tx"] += up
    sums = on(booked, WWAN0)
    assert sum(rx for rx, _ in sums.values()) == forwarded["rx"]
    assert sum(tx for _, tx in sums.values()) == forwarded["tx"]
    everywhere = [sums, on(booked, INSIDE_A), on(booked, INSIDE_B)]
    assert all(n >= 0 for each in everywhere for pair in each.values() for n in pair)
