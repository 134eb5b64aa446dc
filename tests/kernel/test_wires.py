"""What devices move, forward, drop and keep local is what the wire says."""

from __future__ import annotations

import subprocess
import sys
import time
from ipaddress import ip_network
from typing import TYPE_CHECKING

import pytest

from monitor.collectors import rtnetlink
from monitor.collectors.bpf import open_program
from monitor.usage import Traffic
from monitor.wire import Hop
from tests.kernel.account import both
from tests.kernel.meter import Meter, ask, inside, send, transfer
from tests.lab import DEVICE, Lab
from tests.load import next_line
from tests.namespaces import run
from tests.processor import alone

if TYPE_CHECKING:
    from collections.abc import Iterator


FAMILIES = ("4", "6")

HOLD_TUN = """
import fcntl, struct, sys
tun = open("/dev/net/tun", "r+b", buffering=0)
fcntl.ioctl(tun, 0x400454CA, struct.pack("16sH22x", b"vpn0", 0x1001))  # TUNSETIFF
print("up", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def any_meter(any_lab: Lab) -> Iterator[Meter]:
    """In one network after the other."""
    made = Meter(any_lab)
    yield made
    made.program.close()


@pytest.mark.parametrize("family", FAMILIES)
def test_a_bill_is_ip_packets_however_the_driver_counts(
    any_meter: Meter, family: str
) -> None:
    transfer(any_meter.lab, family, 8_000_000, 0)
    transfer(any_meter.lab, family, 0, 8_000_000)
    assert any_meter.seen().ip == any_meter.truth()


@pytest.mark.parametrize(("size", "how"), [(1200, ""), (8000, ""), (48000, "1200")])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_bill_of_datagrams_is_exact_with_fragments_and_super_packets(
    any_meter: Meter, family: str, size: int, how: str
) -> None:
    ask(any_meter.lab, family, 150)  # both directions have packets enough to tell
    send(any_meter.lab, family, size, 200, how)
    assert any_meter.seen().ip == any_meter.truth()


@pytest.mark.parametrize("gro", ["on", "off"])
def test_a_bill_is_exact_with_and_without_napi(lab: Lab, gro: str) -> None:
    run(*inside(lab), "ethtool", "-K", DEVICE, "gro", gro)
    meter = Meter(lab)
    try:
        transfer(lab, "4", 3_000_000, 3_000_000)
        assert meter.seen().ip == meter.truth()
    finally:
        meter.program.close()
        run(*inside(lab), "ethtool", "-K", DEVICE, "gro", "off")


@pytest.fixture
def shaped(meter: Meter) -> Iterator[Meter]:
    """The device's queue lets 4 Mbit/s through, and drops what is too much."""
    near = meter.lab.near
    shaper = "root tbf rate 4mbit burst 16kb limit 20kb"
    run(*inside(meter.lab), "tc", "qdisc", "add", "dev", DEVICE, *shaper.split())
    meter.begin()
    yield meter
    run("tc", "-n", near.name, "qdisc", "del", "dev", DEVICE, "root")


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(("size", "how"), [(1200, ""), (48000, "1200")])
def test_a_sender_is_not_charged_what_its_queue_dropped(
    shaped: Meter, family: str, size: int, how: str
) -> None:
    with alone():
        pid = send(shaped.lab, family, size, 1_500_000 // size, how)
    truth = shaped.truth()
    assert truth.tx.bytes < 1_000_000  # the queue dropped a good part
    assert shaped.process(pid).tx == truth.tx
    assert both(shaped.seen().wire.traffic).tx == truth.tx


@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_what_a_tunnel_wraps_is_taken_from_nobody_when_it_is_dropped(
    lab: Lab, protocol: str
) -> None:
    """The kernel keeps the program's socket on what it wraps."""
    ends = [
        (lab.near, "10.77.1.1", "10.77.3.2", 1),
        (lab.far, "10.77.3.2", "10.77.1.1", 2),
    ]
    for space, local, remote, number in ends:
        space.ip(
            f"link add vx0 type vxlan id 7 local {local} remote {remote} dstport 4789",
            "link set vx0 mtu 1400 up",
            f"addr add 10.99.0.{number}/24 dev vx0",
        )
    shaper = "root tbf rate 4mbit burst 16kb limit 20kb"
    run(*inside(lab), "tc", "qdisc", "add", "dev", DEVICE, *shaper.split())
    meter = Meter(lab)
    try:
        pid = _through(lab, "10.99.0.2", protocol)
        lab.wire()
        carrier = meter.ifindex(DEVICE)
        rows = {
            key: row
            for key, row in meter.program.read().items()
            if key.owner.pid == pid
        }
        assert rows
        assert carrier not in {key.ifindex for key in rows}
    finally:
        meter.program.close()
        run("tc", "-n", lab.near.name, "qdisc", "del", "dev", DEVICE, "root")
        for space, *_ in ends:
            space.ip("link del vx0")


def _through(lab: Lab, host: str, protocol: str) -> int:
    """Send more than the shaper lets through; returns the sender's pid."""
    if protocol == "udp":
        sender = lab.near.datagrams("send", host, 7025, 1200, 800)
        assert sender.wait() == 0
        return sender.pid
    server = lab.far.traffic("serve", host, 7026)
    next_line(server)
    client = lab.near.traffic("transfer", host, 7026, 1_000_000, 0)
    assert (client.wait(), server.wait()) == (0, 0)
    return client.pid


def test_of_a_datagram_in_fragments_only_the_first_dropped_one_is_taken_back(
    shaped: Meter,
) -> None:
    """The kernel frees those behind it without a reason: they count as sent."""
    shaped.program.set_mtu(shaped.ifindex(DEVICE), 1500, shaped.lab.near.inode)
    with alone():
        pid = send(shaped.lab, "4", 8000, 150)
    sent, truth = shaped.process(pid).tx, shaped.truth().tx
    assert truth.bytes < sent.bytes <= 150 * 8128
    assert both(shaped.seen().wire.traffic).tx == truth  # the bill is right


def test_what_finds_no_neighbour_was_not_sent(meter: Meter) -> None:
    near = meter.lab.near
    near.ip(f"addr add 10.88.0.1/24 dev {DEVICE}")
    meter.begin()
    sender = near.datagrams("send", "10.88.0.9", 7024, 1000, 5)
    assert sender.wait() == 0
    time.sleep(4)  # three questions for the address, a second each
    assert meter.process(sender.pid).tx.bytes == 0
    near.ip(f"addr del 10.88.0.1/24 dev {DEVICE}")


@pytest.mark.parametrize("family", FAMILIES)
def test_a_connection_is_charged_once_for_what_the_queue_dropped(
    shaped: Meter, family: str
) -> None:
    with alone():
        pid = transfer(shaped.lab, family, 200_000, 0)
    truth = shaped.truth()
    assert shaped.process(pid) == truth


def test_what_goes_to_neighbours_is_local_and_the_rest_is_not(meter: Meter) -> None:
    ifindex = meter.ifindex(DEVICE)
    prefixes = [ip_network(text) for text in ("10.77.3.0/24", "fd77:3::/64")]
    meter.wires.set_local_prefixes((ifindex, prefix) for prefix in prefixes)
    meter.begin()
    local = transfer(meter.lab, "4", 100_000, 100_000)
    local6 = ask(meter.lab, "6", 20)
    truth = meter.truth()
    rows = meter.program.read()
    assert {key.is_local for key in rows if key.owner.pid in {local, local6}} == {True}
    wire = meter.seen().wire
    assert both(wire.local) == truth

    meter.wires.set_local_prefixes([(ifindex + 1, prefixes[0])])
    meter.begin()
    pid = transfer(meter.lab, "4", 100_000, 100_000)
    assert meter.process(pid) == meter.truth()
    assert both(meter.seen().wire.local) == both(Traffic())


def test_what_is_forwarded_is_counted_by_where_it_came_from(any_lab: Lab) -> None:
    """The router on the left is the machine here: near is behind it."""
    left = any_lab.left
    with left.inside():
        program = open_program(None, "").program
        names = {link.name: i for i, link in rtnetlink.collect().items()}
    try:
        assert program.wires is not None
        program.wires.watch([names["wire_left"]])
        before = any_lab.wire()
        transfer(any_lab, "4", 3_000_000, 2_000_000)
        send(any_lab, "6", 1200, 100)
        truth = any_lab.wire().since(before)
        up = Hop(names["to_near"], names["wire_left"])
        hops = program.wires.read().hops
        assert hops.keys() == {up, Hop(*reversed(up))}
        assert tuple(hops[up]) == tuple(truth.tx)
        assert tuple(hops[Hop(*reversed(up))]) == tuple(truth.rx)
        program.wires.forget_hops([names["wire_left"]])
        assert program.wires.read().hops == {}
    finally:
        program.close()


def test_remote_networks_are_counted_only_when_somebody_wants_that(
    meter: Meter,
) -> None:
    transfer(meter.lab, "4", 1000, 1000)
    assert meter.wires.take_remotes() == {}
    meter.wires.set_remotes(on=True)
    pids = {
        ip_network("10.77.3.0/24"): transfer(meter.lab, "4", 70_000, 3000),
        ip_network("fd77:3::/48"): transfer(meter.lab, "6", 3000, 70_000),
    }
    expected = {net: meter.process(pid) for net, pid in pids.items()}
    taken = meter.wires.take_remotes()
    mine = {net: n for (owner, net), n in taken.items() if owner.pid in pids.values()}
    assert mine == {
        net: (each.rx.bytes, each.tx.bytes) for net, each in expected.items()
    }
    assert meter.wires.take_remotes() == {}


def test_a_tun_device_names_the_process_that_holds_it(meter: Meter) -> None:
    holder = meter.lab.near.popen(
        [sys.executable, "-S", "-c", HOLD_TUN], stdin=subprocess.PIPE
    )
    next_line(holder)
    holders = meter.wires.tun_holders()
    (owner,) = holders[meter.ifindex("vpn0")]
    assert (owner.pid, len(holders)) == (holder.pid, 1)
    holder.communicate("")
    assert meter.wires.tun_holders() == {}
