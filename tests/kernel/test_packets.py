"""Packets that programs make themselves, or ask for with extension headers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.kernel.account import NOTHING, turned
from tests.lab import DEVICE
from tests.load import next_line
from tests.namespaces import PACKETS
from tests.wire import Way

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.kernel.account import Account
    from tests.lab import Lab

    Measure = Callable[[Lab], Account]

MACS = "02:77:00:00:01:01,02:77:00:00:01:02"
FAMILIES = pytest.mark.parametrize("family", ["4", "6"])
NEVER = 1_000_000


@FAMILIES
def test_packets_of_a_raw_socket_equal_the_wire(
    any_lab: Lab, measure: Measure, family: str
) -> None:
    account = measure(any_lab)
    near, far = any_lab.address[f"near{family}"], any_lab.address[f"far{family}"]
    server = any_lab.far.datagrams("serve", far, 7601, NEVER)
    next_line(server)
    client = any_lab.near.script(PACKETS, "raw", near, far, 7601, 1400, 20)
    assert client.wait() == 0
    said, _ = server.communicate("stop\n")

    assert int(said) == 20 * 1400
    assert account.process(any_lab.near, client.pid) == account.wire()
    assert account.process(any_lab.far, server.pid) == turned(account.wire())


@FAMILIES
@pytest.mark.parametrize("how", ["frames", "packets", "unbound", "ring", "bypass"])
def test_a_packet_socket_owns_what_it_sends_but_not_past_the_queue(
    lab: Lab, measure: Measure, family: str, how: str
) -> None:
    account = measure(lab)
    near, far = lab.address[f"near{family}"], lab.address[f"far{family}"]
    server = lab.far.datagrams("serve", far, 7602, NEVER)
    next_line(server)
    ends = f"{near},{far},7602,1000"
    client = lab.near.script(PACKETS, "packet", how, DEVICE, MACS, ends, 20)
    assert client.wait() == 0
    said, _ = server.communicate("stop\n")

    assert int(said) == 20 * 1000
    wire = account.wire()
    assert wire.tx == Way(20 * (1048 if family == "6" else 1028), 20)
    # PACKET_QDISC_BYPASS is seen by no hook: the whole of it has no owner.
    owned = NOTHING if how == "bypass" else wire
    assert account.process(lab.near, client.pid) == owned
    assert account.process(lab.far, server.pid) == turned(wire)


def test_a_packet_socket_that_overhears_adds_nothing(
    any_lab: Lab, measure: Measure
) -> None:
    account = measure(any_lab)
    host = any_lab.address["far4"]
    server = any_lab.far.traffic("serve", host, 7603)
    next_line(server)
    sniffer = any_lab.near.script(PACKETS, "overhear", "packet", 0)
    next_line(sniffer)
    client = any_lab.near.traffic("transfer", host, 7603, 100_000, 100_000)
    assert (client.wait(), server.wait()) == (0, 0)

    assert account.side(any_lab.near) == account.wire()
    assert account.process(any_lab.near, client.pid) == account.wire()
    sniffer.communicate("stop\n")


@FAMILIES
def test_what_a_raw_socket_overhears_is_not_counted_for_it(
    lab: Lab, measure: Measure, family: str
) -> None:
    account = measure(lab)
    host = lab.address[f"far{family}"]
    server = lab.far.datagrams("serve", host, 7604)
    next_line(server)
    sniffer = lab.near.script(PACKETS, "overhear", f"raw{family}", 17)
    next_line(sniffer)
    client = lab.near.datagrams("ask", host, 7604, 20)
    assert client.wait() == 0
    server.communicate("stop\n")

    wire = account.wire()
    assert account.process(lab.near, client.pid) == wire
    assert account.process(lab.near, sniffer.pid) == NOTHING
    sniffer.communicate("stop\n")


@FAMILIES
def test_echo_replies_that_two_sockets_get_are_counted_once(
    lab: Lab, measure: Measure, family: str
) -> None:
    account = measure(lab)
    protocol = {"4": 1, "6": 58}[family]
    sniffer = lab.near.script(PACKETS, "overhear", f"raw{family}", protocol)
    next_line(sniffer)
    ping = lab.near.datagrams("ping", lab.address[f"far{family}"], "dgram", 10, 100)
    assert ping.wait() == 0

    # For the first that gets them, which is the raw socket.
    assert account.side(lab.near) == account.wire()
    assert account.process(lab.near, ping.pid).tx == account.wire().tx
    sniffer.communicate("stop\n")


EXTENSIONS = pytest.mark.parametrize("which", ["H", "RD", "HRrD"])
"""Hop-by-hop, destination, routing, and destination before routing."""


@pytest.fixture(autouse=True)
def _accept_segment_routing(lab: Lab, offload_lab: Lab) -> None:
    for place in (lab, offload_lab):
        with place.far.inside():
            for device in ("all", "eth0"):
                setting = f"/proc/sys/net/ipv6/conf/{device}/seg6_enabled"
                Path(setting).write_text("1", encoding="ascii")


@EXTENSIONS
def test_tcp_with_extension_headers_equals_the_wire(
    any_lab: Lab, measure: Measure, which: str
) -> None:
    account = measure(any_lab)
    host = any_lab.address["far6"]
    server = any_lab.far.traffic("serve", host, 7605)
    next_line(server)
    ask = ("transfer_extended", host, 7605, 500_000, 100_000, which)
    client = any_lab.near.script(PACKETS, *ask)
    assert (client.wait(), server.wait()) == (0, 0)

    assert account.process(any_lab.near, client.pid) == account.wire()
    assert account.process(any_lab.far, server.pid) == turned(account.wire())


@EXTENSIONS
def test_udp_with_extension_headers_equals_the_wire(
    any_lab: Lab, measure: Measure, which: str
) -> None:
    account = measure(any_lab)
    host = any_lab.address["far6"]
    server = any_lab.far.datagrams("serve", host, 7606, NEVER)
    next_line(server)
    client = any_lab.near.script(
        PACKETS, "send_extended", host, 7606, "48000/1200", 20, which
    )
    assert client.wait() == 0
    said, _ = server.communicate("stop\n")

    assert int(said) == 20 * 48_000
    assert account.process(any_lab.near, client.pid) == account.wire()
    assert account.process(any_lab.far, server.pid) == turned(account.wire())
