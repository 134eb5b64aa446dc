"""What the program saw at a device since a moment, and traffic to see."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from monitor.collectors import netdev, rtnetlink
from monitor.collectors.bpf import Program, open_program
from monitor.usage import Traffic, total
from monitor.wire import Wire, assumed, calibrate, l3, usage
from tests.kernel.account import both
from tests.lab import DEVICE, Lab
from tests.load import next_line
from tests.namespaces import run

if TYPE_CHECKING:
    from monitor.collectors.bpf.wires import Wires
    from monitor.wire import Reading
    from tests.lab import Both


def inside(lab: Lab) -> tuple[str, ...]:
    """Runs a tool in near."""
    return ("ip", "netns", "exec", lab.near.name)


class Seen(NamedTuple):
    """What a device's driver counted, and what the program saw there."""

    counter: Traffic
    wire: Wire

    @property
    def ip(self) -> Both:
        """The IP packets, once it is measured how the driver counts."""
        known = calibrate(assumed(is_ethernet=True), self.counter, self.wire)
        assert known.is_exact(self.wire), (self, known)
        return both(l3(self.counter, self.wire, known))


class Meter:
    """A program that is at home in near, and what it saw since a moment."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        with lab.near.inside():
            self.program: Program = open_program(None, "").program
        self.wires.watch([self.ifindex(DEVICE)])
        self.begin()

    @property
    def wires(self) -> Wires:
        """The wire's side of it."""
        assert self.program.wires is not None
        return self.program.wires

    def ifindex(self, device: str) -> int:
        """Of a device of near."""
        with self.lab.near.inside():
            found = rtnetlink.collect()
        return next(i for i, link in found.items() if link.name == device)

    def begin(self) -> None:
        """Measure from now on."""
        self._truth = self.lab.wire()
        self._counter, self._reading = self._now()
        self._rows = self.program.read()

    def _now(self) -> tuple[Traffic, Reading]:
        with self.lab.near.inside():
            devices = netdev.collect()
        counter = next(each.counter for each in devices if each.name == DEVICE)
        return counter, self.wires.read()

    def truth(self) -> Both:
        """What crossed the wire; waits for silence."""
        return self.lab.wire().since(self._truth)

    def moved(self) -> Reading:
        """What the program saw."""
        self.truth()
        return usage(self._reading, self._now()[1])

    def seen(self) -> Seen:
        """Of near's device."""
        self.truth()
        counter, reading = self._now()
        wire = usage(self._reading, reading).wires[self.ifindex(DEVICE)]
        return Seen(counter - self._counter, wire)

    def process(self, pid: int) -> Both:
        """What one process has, by the rows of sockets."""
        self.truth()
        parts = []
        for key, row in self.program.read().items():
            before = self._rows.get(key)
            if key.owner.pid == pid:
                parts.append(row.traffic - before.traffic if before else row.traffic)
        return both(total(parts))


def transfer(lab: Lab, family: str, up: int, down: int) -> int:
    """Move bytes over TCP; returns the client's pid."""
    host = lab.address[f"far{family}"]
    server = lab.far.traffic("serve", host, 7021)
    next_line(server)
    client = lab.near.traffic("transfer", host, 7021, up, down)
    assert (client.wait(), server.wait()) == (0, 0)
    return client.pid


def ask(lab: Lab, family: str, count: int) -> int:
    """Exchange small datagrams; returns the client's pid."""
    host = lab.address[f"far{family}"]
    server = lab.far.datagrams("serve", host, 7023)
    next_line(server)
    client = lab.near.datagrams("ask", host, 7023, count)
    assert client.wait() == 0
    server.communicate("stop\n")
    return client.pid


def send(lab: Lab, family: str, size: int, count: int, how: str = "") -> int:
    """Send datagrams; returns the sender's pid."""
    host = lab.address[f"far{family}"]
    server = lab.far.datagrams("serve", host, 7022, 10)
    next_line(server)
    client = lab.near.datagrams("send", host, 7022, size, count, how)
    assert client.wait() == 0
    # Nothing may come late to a port that is closed.
    queue = (*inside(lab), "tc", "-s", "qdisc", "show", "dev", DEVICE)
    while "backlog 0b 0p" not in run(*queue):
        time.sleep(0.01)
    lab.wire()
    server.communicate("stop\n")
    return client.pid
