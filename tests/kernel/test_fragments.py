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

    from tests.kernel.account import Account
    from tests.lab import Lab

    Measure = Callable[[Lab], Account]

FAMILIES = pytest.mark.parametrize("family", ["4", "6"])
SIZE, COUNT = 8000, 20
NEVER = 1_000_000
HEADER = {"4": 20, "6": 40 + 8}
"""Bytes that each fragment more costs."""


@pytest.fixture
def small(lab: Lab) -> Iterator[Lab]:
    """The lab while near's device takes no more than 1,280 bytes."""
    lab.near.ip(f"link set {DEVICE} mtu 1280")
    yield lab
    lab.near.ip(f"link set {DEVICE} mtu 1500")


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
def test_fragments_of_a_device_with_a_smaller_mtu_equal_the_wire_without_being_told(
    small: Lab, measure: Measure, family: str
) -> None:
    account = measure(small)
    client, server = send(small, family)

    assert account.wire().tx.packets == 7 * COUNT
    assert account.process(small.near, client.pid) == account.wire()
    assert account.process(small.far, server.pid) == turned(account.wire())


@FAMILIES
def test_fragments_of_a_route_with_a_smaller_mtu_are_taken_for_the_device_s(
    lab: Lab, measure: Measure, family: str
) -> None:
    host = lab.address[f"far{family}"]
    via = {"4": "10.77.1.2", "6": "fd77:1::2"}[family]
    lab.near.ip(f"route add {host} via {via} mtu 1280")
    account = measure(lab)
    client, server = send(lab, family)
    lab.near.ip(f"route del {host}")

    counted = account.process(lab.near, client.pid)
    assert more(counted, "tx", COUNT, HEADER[family]) == account.wire()
    assert account.process(lab.far, server.pid) == turned(account.wire())


@pytest.mark.parametrize("which", ["H", "R", "HD", "RD", "HRrD"])
def test_fragments_with_extension_headers_equal_the_wire(
    lab: Lab, measure: Measure, which: str
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
    assert account.process(lab.near, client.pid) == wire
    assert account.process(lab.far, server.pid) == turned(wire)
