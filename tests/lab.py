"""A small network of one's own, whose wire is counted by somebody else.

    near --- left === right --- far

Four network namespaces. Programs run in near and far; left and right are routers that
never aggregate and always segment, so the link between them is a wire, on which
nftables counts each flow: the truth that tests compare with (tests/wire.py).

As a script this is the project's own traffic generator: a modest mix of what programs
do, between near and far, and what really happened as JSON:

    python tests/lab.py [--monitor COMMAND] [--offload] [--seconds N]

The monitor runs in near; it starts before the load and gets SIGINT after it.
Needs root, and the Debian packages iproute2 and nftables.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import os
import shlex
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Self

if __package__ in {None, ""}:  # as a script
    sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.namespaces import Namespace
from tests.offload import set_offload
from tests.wire import Flow, Tap, Way, settle

if TYPE_CHECKING:
    from collections.abc import Iterable

DEVICE = "wwan0"

_NUMBER = itertools.count()
_STOP_S = 30
End = tuple[str, str]  # namespace and device
_LINKS: tuple[tuple[End, End], ...] = (
    (("near", DEVICE), ("left", "to_near")),
    (("left", "wire_left"), ("right", "wire_right")),
    (("right", "to_far"), ("far", "eth0")),
)


class Both(NamedTuple):
    """Both ways, as near sees them.

    Attributes:
        rx: from far.
        tx: to far.
    """

    rx: Way
    tx: Way

    def since(self, before: Both) -> Both:
        """The difference of two readings."""
        return Both(self.rx - before.rx, self.tx - before.tx)


@dataclass
class Counters:
    """Counters of a device, as in `ip -s link`."""

    rx_bytes: int
    rx_packets: int
    tx_bytes: int
    tx_packets: int


class Lab:
    """The network; use it with `with`.

    Attributes:
        near: the namespace with the device `wwan0` and the default route through it.
        far: the namespace that stands for the Internet.
        left: the router beside near; its device to there is `to_near`.
        right: the router beside far.
        address: of each side, by `near4`, `near6`, `far4`, `far6`.
    """

    near: Namespace
    far: Namespace
    left: Namespace
    right: Namespace

    address: ClassVar = {
        "near4": "10.77.1.1",
        "near6": "fd77:1::1",
        "far4": "10.77.3.2",
        "far6": "fd77:3::2",
    }

    def __init__(self, *, offload: bool = False) -> None:
        """Remember what is wanted.

        Args:
            offload: near and far hand super-packets to their devices, and aggregate
                what they receive, as most machines do.
        """
        self._offload = offload
        self._name = f"esimmon-{os.getpid()}-{next(_NUMBER)}"
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            spaces = {}
            for name in ("near", "left", "right", "far"):
                spaces[name] = Namespace(f"{self._name}-{name}")
                stack.callback(spaces[name].close)
            for link, ends in enumerate(_LINKS, 1):
                _connect(spaces, link, ends)
            _route(spaces)
            self._taps = (
                Tap(spaces["left"], "wire_left"),
                Tap(spaces["right"], "wire_right"),
            )
            for space, device in itertools.chain(*_LINKS):
                with spaces[space].inside():
                    set_offload(device, on=self._offload and space in {"near", "far"})
            self.near, self.far = spaces["near"], spaces["far"]
            self.left, self.right = spaces["left"], spaces["right"]
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def wire(self) -> Both:
        """Wait until nothing moves, and read what crossed the wire."""
        return Both(*settle(self._taps))

    def received(self) -> int:
        """Bytes that near has received so far, while they move."""
        return self._taps[0].total().bytes

    def flows(self) -> dict[Flow, Both]:
        """What crossed the wire by flow, as near sends it."""
        from_far, from_near = (tap.flows() for tap in self._taps)
        turned = {
            Flow(f.protocol, f.dport, f.sport): way for f, way in from_far.items()
        }
        nothing = Way(0, 0)
        return {
            flow: Both(turned.get(flow, nothing), from_near.get(flow, nothing))
            for flow in turned | from_near
        }

    def port(self, port: int, flows: dict[Flow, Both] | None = None) -> Both:
        """What crossed the wire to or from a port of either side; of these flows."""
        flows = self.flows() if flows is None else flows
        found = [both for flow, both in flows.items() if port in flow[1:]]
        return Both(*(_sum(way) for way in zip(*found, strict=True)))

    def counters(self) -> Counters:
        """The counters of near's device."""
        with self.near.inside():
            text = Path("/proc/thread-self/net/dev").read_text(encoding="ascii")
        line = next(one for one in text.splitlines() if f"{DEVICE}:" in one)
        numbers = [int(word) for word in line.partition(":")[2].split()]
        return Counters(numbers[0], numbers[1], numbers[8], numbers[9])

    def ifindex(self, namespace: Namespace) -> int:
        """The index of the device of near or far."""
        device = DEVICE if namespace is self.near else "eth0"
        with namespace.inside():
            return socket.if_nametoindex(device)


def _sum(ways: Iterable[Way]) -> Way:
    return Way(*(sum(numbers) for numbers in zip(*ways, strict=True)))


def _connect(spaces: dict[str, Namespace], link: int, ends: tuple[End, End]) -> None:
    """A veth pair with addresses, and neighbours that never have to be asked for."""
    (here, device), (there, peer) = ends
    macs = [f"02:77:00:00:0{link}:0{side}" for side in (1, 2)]
    spaces[here].ip(
        f"link add dev {device} mtu 1500 address {macs[0]} type veth "
        f"peer name {peer} netns {spaces[there].name} address {macs[1]}"
    )
    for side, (space, name) in enumerate(ends):
        other = 2 - side
        spaces[space].ip(
            f"link set {name} up",
            f"addr add 10.77.{link}.{side + 1}/24 dev {name}",
            f"addr add fd77:{link}::{side + 1}/64 dev {name} nodad",
            *(
                f"neigh add {host} lladdr {macs[other - 1]} dev {name} nud permanent"
                for host in (f"10.77.{link}.{other}", f"fd77:{link}::{other}")
            ),
        )


def _route(spaces: dict[str, Namespace]) -> None:
    spaces["near"].ip(
        "route add default via 10.77.1.2", "route add default via fd77:1::2"
    )
    spaces["left"].ip("route add 10.77.3.0/24 via 10.77.2.2")
    spaces["left"].ip("route add fd77:3::/64 via fd77:2::2")
    spaces["right"].ip("route add 10.77.1.0/24 via 10.77.2.1")
    spaces["right"].ip("route add fd77:1::/64 via fd77:2::1")
    spaces["far"].ip(
        "route add default via 10.77.3.1", "route add default via fd77:3::1"
    )


def main() -> int:
    """Make the load, and print the truth.

    Returns:
        The exit status of the monitor, or 0.
    """
    from tests.load import make_load, stop, truth  # noqa: PLC0415 - load imports Lab

    parser = argparse.ArgumentParser(description="traffic whose bytes are known")
    parser.add_argument("--monitor", help="command to run in near meanwhile")
    parser.add_argument("--offload", action="store_true", help="segmentation offload")
    parser.add_argument(
        "--seconds", type=float, default=2, help="for the monitor to start"
    )
    wanted = parser.parse_args()
    with Lab(offload=wanted.offload) as lab:
        monitor = None
        if wanted.monitor:
            command = shlex.split(wanted.monitor)
            # What it says must not mix with the JSON.
            monitor = lab.near.popen(command, stdin=None, stdout=sys.stderr)
            time.sleep(wanted.seconds)
        before = lab.counters()
        works = make_load(lab)
        wire = {work.name: lab.port(work.port) for work in works}
        after = lab.counters()
        status = stop(monitor) if monitor else 0
        json.dump(truth(works, wire, before, after), sys.stdout, indent=2)
        print()  # noqa: T201 - JSON files end with a line feed
    return status


if __name__ == "__main__":
    sys.exit(main())
