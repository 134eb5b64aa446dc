"""Interfaces that vanish, come back, are new, or take another name while we count."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.daemon import wait_for
from tests.e2e.places import root_in
from tests.e2e.truth import (
    Raw,
    adds_up,
    billed,
    free_port,
    moved,
    of_process,
    raw,
)
from tests.load import next_line
from tests.namespaces import Namespace, run
from tests.offload import set_offload

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

    from tests.e2e.daemon import Esimmon
    from tests.e2e.places import Place

HERE, THERE = "10.78.1.1", "10.78.1.2"
HERE_MAC, THERE_MAC = "02:78:00:00:00:01", "02:78:00:00:00:02"
QUIET_IPV6 = "net.ipv6.conf.default.disable_ipv6=1"


class Pair:
    """Two namespaces, and a cable between them that can be pulled.

    Attributes:
        near: where the daemon is.
        far: the other side.
    """

    def __init__(self) -> None:
        self.near = Namespace("esimmon-pair-near")
        self.far = Namespace("esimmon-pair-far")
        for side in (self.near, self.far):
            # Multicast reports of the kernel would be in the bill.
            run("ip", "netns", "exec", side.name, "sysctl", "-q", QUIET_IPV6)

    def plug(self, device: str) -> None:
        """Put a new cable between them.

        Args:
            device: its name in near.
        """
        peer = f"peer name eth0 netns {self.far.name} address {THERE_MAC}"
        self.near.ip(f"link add {device} address {HERE_MAC} type veth {peer}")
        self.far.ip("link set eth0 up", f"addr add {THERE}/24 dev eth0")
        self.far.ip(f"neigh add {HERE} lladdr {HERE_MAC} dev eth0 nud permanent")
        for side, name in ((self.near, device), (self.far, "eth0")):
            with side.inside():
                set_offload(name, on=False)
        self.address(device)

    def address(self, device: str) -> None:
        """Give near's device its address.

        Args:
            device: its name.
        """
        self.near.ip(f"link set {device} up", f"addr replace {HERE}/24 dev {device}")
        self.near.ip(f"neigh add {THERE} lladdr {THERE_MAC} dev {device} nud permanent")

    def pull(self, device: str) -> None:
        """Take the cable away.

        Args:
            device: its name in near.
        """
        self.near.ip(f"link del {device}")

    def begin(self, down: int) -> subprocess.Popen[str]:
        """Begin to receive in near.

        Args:
            down: that many bytes.
        """
        port = free_port()
        next_line(self.far.traffic("serve", THERE, port))
        return self.near.traffic("transfer", THERE, port, 0, down)

    def transfer(self, down: int) -> int:
        """Receive in near; returns the pid.

        Args:
            down: that many bytes.
        """
        client = self.begin(down)
        assert client.wait() == 0
        return client.pid


@pytest.fixture
def pair() -> Iterator[Pair]:
    """Two namespaces without a cable."""
    made = Pair()
    yield made
    made.near.close()
    made.far.close()


@pytest.fixture
def esimmon(pair: Pair, make: Callable[[Place], Esimmon]) -> Esimmon:
    """The program in the pair's near namespace."""
    return make(root_in(pair.near))


def test_an_interface_that_is_born_during_the_run_counts_from_zero(
    pair: Pair, esimmon: Esimmon
) -> None:
    daemon = esimmon.start()
    assert esimmon.report()["interfaces"] == []
    pair.plug("usb0")
    pid = pair.transfer(300_000)

    report = esimmon.report()
    assert billed(report) == raw(pair.near, "usb0")
    assert of_process(report, pid) == moved(report["rows"])
    assert daemon.stop() == 0


def test_an_interface_that_vanishes_in_full_flow_keeps_what_was_counted(
    pair: Pair, esimmon: Esimmon
) -> None:
    pair.plug("usb0")
    before = raw(pair.near, "usb0")
    daemon = esimmon.start()
    pair.transfer(200_000)
    assert daemon.flush()
    whole = raw(pair.near, "usb0") - before
    client = pair.begin(2_000_000_000)
    wait_for(lambda: raw(pair.near, "usb0").rx_bytes > 2_000_000, "the transfer")
    pair.pull("usb0")
    client.kill()
    client.wait()

    report = esimmon.report()
    assert billed(report) >= whole
    assert adds_up(report)
    pair.plug("usb0")
    pid = pair.transfer(100_000)
    after = esimmon.report()
    assert billed(after) - billed(report) == raw(pair.near, "usb0")
    assert of_process(after, pid).rx.bytes > 100_000
    assert adds_up(after)
    assert daemon.stop() == 0
    assert daemon.said() == ""


def test_an_interface_that_comes_back_while_nobody_counts_counts_from_zero(
    pair: Pair, esimmon: Esimmon
) -> None:
    pair.plug("usb0")
    before = raw(pair.near, "usb0")
    daemon = esimmon.start()
    pair.transfer(200_000)
    assert daemon.stop() == 0
    whole = raw(pair.near, "usb0") - before
    pair.pull("usb0")
    pair.plug("usb0")
    pair.transfer(50_000)
    daemon = esimmon.start()

    fresh = raw(pair.near, "usb0")
    assert billed(esimmon.report()) == Raw(
        whole.rx_bytes + fresh.rx_bytes, whole.tx_bytes + fresh.tx_bytes
    )
    assert daemon.stop() == 0


def test_an_interface_that_takes_another_name_goes_on_where_it_was(
    pair: Pair, esimmon: Esimmon
) -> None:
    pair.plug("usb0")
    before = raw(pair.near, "usb0")
    daemon = esimmon.start()
    pids = [pair.transfer(200_000)]
    assert daemon.flush()
    pair.near.ip("link set usb0 down", "link set usb0 name wwp0s20")
    pair.address("wwp0s20")
    pids.append(pair.transfer(100_000))

    report = esimmon.report()
    assert billed(report) == raw(pair.near, "wwp0s20") - before
    assert [one["name"] for one in report["interfaces"]] == ["usb0", "wwp0s20"]
    assert of_process(report, *pids) == moved(report["rows"])
    assert adds_up(report)
    assert daemon.stop() == 0


def test_interfaces_that_come_and_go_all_the_time_disturb_nobody(
    pair: Pair, esimmon: Esimmon
) -> None:
    pair.plug("usb0")
    before = raw(pair.near, "usb0")
    daemon = esimmon.start()
    script = "\n".join(
        line
        for _ in range(100)
        for line in (
            "link add storm0 type veth peer name storm1",
            "link set storm0 up",
            "link del storm0",
        )
    )
    storm = pair.near.popen(["ip", "-batch", "-"])
    assert storm.stdin is not None
    storm.stdin.write(script)
    storm.stdin.close()
    flushes = 0
    while storm.poll() is None:
        assert daemon.flush()
        flushes += 1
    pid = pair.transfer(100_000)

    report = esimmon.report("process", "--interface", "usb0", "--since", "1h")
    assert flushes > 10
    assert billed(report) == raw(pair.near, "usb0") - before
    assert of_process(report, pid) == moved(report["rows"])
    assert daemon.stop() == 0
    assert daemon.said() == ""
