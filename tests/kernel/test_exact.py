"""Bytes and packets of every class equal those on the wire, to the last one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.kernel.account import turned
from tests.load import next_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.kernel.account import Account
    from tests.lab import Lab

    Measure = Callable[[Lab], Account]

FAMILIES = ("4", "6")


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(("up", "down"), [(0, 8_000_000), (8_000_000, 0), (1, 1)])
def test_tcp_in_both_directions_equals_the_wire(
    any_lab: Lab, measure: Measure, family: str, up: int, down: int
) -> None:
    account = measure(any_lab)
    host = any_lab.address[f"far{family}"]
    server = any_lab.far.traffic("serve", host, 7001)
    next_line(server)
    client = any_lab.near.traffic("transfer", host, 7001, up, down)
    assert (client.wait(), server.wait()) == (0, 0)

    wire = account.wire()
    assert wire.rx.bytes > down
    assert wire.tx.bytes > up
    assert account.process(any_lab.near, client.pid) == wire
    assert account.process(any_lab.far, server.pid) == turned(wire)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    ("size", "count", "how", "gro"),
    [
        (1200, 2000, "", ""),
        (1200, 2000, "connected", ""),
        (1, 100, "", ""),
        (48000, 60, "1200", ""),
        (48000, 60, "1200", "gro"),
        (40001, 60, "1200", "gro"),
    ],
)
def test_udp_equals_the_wire(  # noqa: PLR0913 - each class is its own column
    any_lab: Lab,
    measure: Measure,
    *,
    family: str,
    size: int,
    count: int,
    how: str,
    gro: str,
) -> None:
    account = measure(any_lab)
    host = any_lab.address[f"far{family}"]
    server = any_lab.far.datagrams("serve", host, 7002, 10, gro)
    next_line(server)
    client = any_lab.near.datagrams("send", host, 7002, size, count, how)
    assert client.wait() == 0
    said, _ = server.communicate("stop\n")

    assert int(said) == size * count
    wire = account.wire()
    assert wire.tx.bytes > size * count
    assert account.process(any_lab.near, client.pid) == wire
    assert account.process(any_lab.far, server.pid) == turned(wire)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("size", [1452, 1453, 1472, 1473, 2952, 8000, 20001, 60000])
def test_ip_fragments_equal_the_wire_where_the_mtu_is_known(
    lab: Lab, measure: Measure, family: str, size: int
) -> None:
    account = measure(lab)
    host = lab.address[f"far{family}"]
    server = lab.far.datagrams("serve", host, 7003, 7)
    next_line(server)
    client = lab.near.datagrams("send", host, 7003, size, 50)
    assert client.wait() == 0
    said, _ = server.communicate("stop\n")

    assert int(said) == size * 50
    wire = account.wire()
    assert account.process(lab.near, client.pid) == wire
    assert account.process(lab.far, server.pid) == turned(wire)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_new_socket_for_each_question_loses_nothing(
    any_lab: Lab, measure: Measure, family: str
) -> None:
    account = measure(any_lab)
    host = any_lab.address[f"far{family}"]
    server = any_lab.far.datagrams("serve", host, 7004)
    next_line(server)
    client = any_lab.near.datagrams("ask", host, 7004, 500)
    assert client.wait() == 0
    server.communicate("stop\n")

    wire = account.wire()
    assert wire.tx.packets == 500
    assert account.process(any_lab.near, client.pid) == wire
    assert account.process(any_lab.far, server.pid) == turned(wire)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("kind", ["dgram", "raw"])
def test_ping_owns_its_requests_and_replies(
    lab: Lab, measure: Measure, family: str, kind: str
) -> None:
    account = measure(lab)
    host = lab.address[f"far{family}"]
    ping = lab.near.datagrams("ping", host, kind, 10, 1000)
    assert ping.wait() == 0

    wire = account.wire()
    assert wire.rx.packets == wire.tx.packets == 10
    assert account.process(lab.near, ping.pid) == wire
    # The far kernel answers by itself: no process there owns a byte of it.
    assert account.owners(lab.far) == set()


def test_loopback_is_not_counted(lab: Lab, measure: Measure) -> None:
    account = measure(lab)
    own = lab.address["near4"]
    for host in ("127.0.0.1", own):
        server = lab.near.traffic("serve", host, 7005)
        next_line(server)
        client = lab.near.traffic("transfer", host, 7005, 1000, 1000)
        assert (client.wait(), server.wait()) == (0, 0)

    assert account.owners(lab.near) == set()
