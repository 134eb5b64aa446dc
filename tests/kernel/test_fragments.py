"""IP fragments where devices and routes have other MTUs than the usual one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.kernel.account import turned
from tests.lab import DEVICE, Both
from tests.load import next_line
from tests.namespaces import PACKETS
from tests.wire import Way

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

    from monitor.collectors.bpf import Program
    from tests.kernel.account import Account
    from tests.lab import Lab

    Measure = Callable[[Lab], Account]

FAMILIES = pytest.mark.parametrize("family", ["4", "6"])
SIZE, COUNT = 8000, 20
NEVER = 1_000_000
HEADER = {"4": 20, "6": 40 + 8}
"""Bytes that each fragment more costs."""


@pytest.fixture
def small(lab: Lab, program: Program) -> Iterator[Lab]:
    """The lab while near's device takes no more than 1,280 bytes."""
    device = lab.ifindex(lab.near)
    lab.near.ip(f"link set {DEVICE} mtu 1280")
    yield lab
    lab.near.ip(f"link set {DEVICE} mtu 1500")
    program.set_mtu(device, 1500, lab.near.inode)


def more(both: Both, way: str, count: int, header: int) -> Both:
    """With more fragments that way."""
    old: Way = getattr(both, way)
    return both._replace(**{way: Way(old.bytes + count * header, old.packets + count)})


def send(lab: Lab, family: str) -> tuple[subprocess.Popen[str], subprocess.Popen[str]]:
    """Send datagrams of 8,000 bytes up; both programs, ended."""
    host = lab.address[f"far{family}"]
    server = lab.far.datagrams("serve", host, 7801, NEVER)
    next_line(server)
    client = lab.near.datagrams("send", host, 7801, SIZE, COUNT)
    assert client.wait() == 0
    said, _ = server.communicate("stop\n")
    assert int(said) == SIZE * COUNT
    return client, server


@FAMILIES
def test_fragments_of_a_device_with_a_smaller_mtu_equal_the_wire_once_it_is_told(
    small: Lab, measure: Measure, program: Program, family: str
) -> None:
    program.set_mtu(small.ifindex(small.near), 1280, small.near.inode)
    account = measure(small)
    client, _ = send(small, family)

    assert account.wire().tx.packets == 7 * COUNT
    assert account.process(small.near, client.pid) == account.wire()


@FAMILIES
def test_until_a_changed_mtu_is_told_each_fragment_more_is_a_header_too_few(
    small: Lab, measure: Measure, family: str
) -> None:
    account = measure(small)
    client, _ = send(small, family)

    counted = account.process(small.near, client.pid)
    assert more(counted, "tx", COUNT, HEADER[family]) == account.wire()


@FAMILIES
def test_the_receiver_takes_fragments_to_be_as_large_as_its_own_mtu(
    small: Lab, measure: Measure, family: str
) -> None:
    account = measure(small)
    _, server = send(small, family)

    counted = account.process(small.far, server.pid)
    assert more(counted, "rx", COUNT, HEADER[family]) == turned(account.wire())


@FAMILIES
def test_fragments_of_a_route_with_a_smaller_mtu_are_taken_for_the_device_s(
    lab: Lab, measure: Measure, family: str
) -> None:
    host = lab.address[f"far{family}"]
    via = {"4": "10.77.1.2", "6": "fd77:1::2"}[family]
    lab.near.ip(f"route add {host} via {via} mtu 1280")
    account = measure(lab)
    client, _ = send(lab, family)
    lab.near.ip(f"route del {host}")

    counted = account.process(lab.near, client.pid)
    assert more(counted, "tx", COUNT, HEADER[family]) == account.wire()


@pytest.mark.parametrize(("which", "split"), [("H", 0), ("R", 0), ("HD", 0), ("RD", 8)])
def test_fragments_with_extension_headers_equal_the_wire_but_for_options_behind_routing(
    lab: Lab, measure: Measure, which: str, split: int
) -> None:
    for side, devices in ((lab.near, ("all", DEVICE)), (lab.far, ("all", "eth0"))):
        with side.inside():
            for device in devices:
                setting = f"/proc/sys/net/ipv6/conf/{device}/seg6_enabled"
                Path(setting).write_text("1", encoding="ascii")
    account = measure(lab)
    host = lab.address["far6"]
    server = lab.far.datagrams("serve", host, 7802, NEVER)
    next_line(server)
    ask = ("send_extended", host, 7802, SIZE, COUNT, which)
    client = lab.near.script(PACKETS, *ask)
    assert client.wait() == 0
    said, _ = server.communicate("stop\n")

    assert int(said) == SIZE * COUNT
    wire = account.wire()
    assert wire.tx.packets == 6 * COUNT
    # Those 8 bytes are in the first fragment only, and are taken to be in each.
    much = 5 * COUNT * split
    counted = Both(wire.rx, Way(wire.tx.bytes + much, wire.tx.packets))
    assert account.process(lab.near, client.pid) == counted
    assert account.process(lab.far, server.pid) == turned(counted)
