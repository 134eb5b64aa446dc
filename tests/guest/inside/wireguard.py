"""WireGuard in the kernel: inner bytes have owners, outer ones are only on the wire."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from tests.guest.inside.tunnel import ADDRESS, DEVICE, OUTER_HEADERS_BYTES, Tunnel
from tests.kernel.account import turned
from tests.lab import Both
from tests.load import next_line
from tests.wire import Way

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.kernel.account import Account
    from tests.lab import Lab

    Measure = Callable[[Lab], Account]

UP, DOWN = 300_000, 600_000


def test_inner_bytes_are_the_programs_and_outer_ones_nobodys(
    lab: Lab, measure: Measure
) -> None:
    with Tunnel(lab) as tunnel:
        with lab.near.inside():
            ifindex = socket.if_nametoindex(DEVICE)
        account, before = measure(lab), tunnel.counters()
        server = lab.far.traffic("serve", ADDRESS["far"], 7602)
        next_line(server)
        client = lab.near.traffic("transfer", ADDRESS["far"], 7602, UP, DOWN)
        assert (client.wait(), server.wait()) == (0, 0)
        outer, device = account.wire(), tunnel.counters().since(before)

    inner = account.process(lab.near, client.pid)
    # No row on the carrier: what the tunnel sends there passes no hook of a cgroup.
    assert {key.ifindex for key in account.rows(lab.near)} == {ifindex}
    assert account.process(lab.far, server.pid) == turned(inner)
    assert inner.rx.bytes > DOWN
    assert inner.tx.bytes > UP
    # One handshake each way, and nothing lost: a packet outside for each one inside.
    assert _packets(outer) == [count + 1 for count in _packets(inner)]
    # The device counts all that UDP carries for it: so the outer bytes are known.
    assert outer == Both(*(_with_outer_headers(way) for way in device))


def _packets(both: Both) -> list[int]:
    return [way.packets for way in both]


def _with_outer_headers(way: Way) -> Way:
    return Way(way.bytes + OUTER_HEADERS_BYTES * way.packets, way.packets)
