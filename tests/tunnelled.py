"""A tunnel between near and far of the lab, and what moved inside it.

Addresses inside are 10.91.0.1 for near and 10.91.0.2 for far. What moves inside is
counted by nftables where it leaves the tunnel, at both ends: the truth of the inner
bytes, beside that of the lab's wire, which sees the outer ones.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.lab import Both
from tests.load import next_line
from tests.namespaces import Namespace, run
from tests.offload import set_offload
from tests.wire import Flow, Tap, Way

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

    from tests.lab import Lab

INNER_NEAR, INNER_FAR = "10.91.0.1", "10.91.0.2"
PORT = 51820
_TUN_PORT = 1194

_TUN = Path(__file__).with_name("tun.py")
_PATIENCE_S = 10


class Tunnel(NamedTuple):
    """Which is up.

    Attributes:
        device: its name in near.
        pid: of the program that holds it in near; 0 for one of the kernel.
        taps: what came out at near and at far.
    """

    device: str
    pid: int
    taps: tuple[Tap, Tap]

    def inner(self, port: int) -> Both:
        """What a conversation moved inside, as near sees it.

        Args:
            port: of either side.
        """
        ways = []
        for tap in self.taps:
            flows: dict[Flow, Way] = tap.flows()
            mine = [way for flow, way in flows.items() if port in flow[1:]]
            ways.append(Way(*(sum(n) for n in zip(*mine, strict=True))))
        return Both(*ways)

    def total(self) -> Both:
        """Everything inside."""
        return Both(*(tap.total() for tap in self.taps))


@contextlib.contextmanager
def wireguard_go(lab: Lab) -> Iterator[Tunnel]:
    """WireGuard by the program wireguard-go, on TUN devices."""
    names = [f"wg{os.getpid() % 100_000}{side}" for side in "nf"]
    keys = [run("wg", "genkey").strip() for _ in names]
    public = [run("wg", "pubkey", text=key).strip() for key in keys]
    ends = (lab.address["far4"], lab.address["near4"])
    with contextlib.ExitStack() as stack:
        started = []
        for space, name in zip((lab.near, lab.far), names, strict=True):
            process = space.popen(["wireguard-go", "-f", name], stdin=None)
            stack.callback(_end, process)
            started.append(process)
            _wait_for_socket(name)
        for side, name in enumerate(names):
            words = f"listen-port {PORT} private-key /dev/stdin peer {public[1 - side]}"
            peer = f"allowed-ips 0.0.0.0/0 endpoint {ends[side]}:{PORT}"
            command = ("wg", "set", name, *words.split(), *peer.split())
            run(*command, text=keys[side])
        yield stack.enter_context(_between(lab, names, started[0].pid))


def _wait_for_socket(name: str) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not Path(f"/var/run/wireguard/{name}.sock").exists():
        assert time.monotonic() < deadline, "wireguard-go does not start"
        time.sleep(0.02)


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    process.wait()


@contextlib.contextmanager
def tun(lab: Lab, how: str = "", device: str = "vpn0") -> Iterator[Tunnel]:
    """A tunnel of tests/tun.py.

    Args:
        lab: where.
        how: `zlib` for one that compresses.
        device: its name at both ends.
    """
    near, far = lab.address["near4"], lab.address["far4"]
    with contextlib.ExitStack() as stack:
        started = []
        for space, here, there in ((lab.near, near, far), (lab.far, far, near)):
            command = (sys.executable, "-S", "-E", str(_TUN), device)
            ends = (here, there, str(_TUN_PORT), *filter(None, [how]))
            process = space.popen([*command, *ends])
            stack.callback(_end, process)
            started.append(process)
            next_line(process)
        yield stack.enter_context(_between(lab, [device] * 2, started[0].pid))


@contextlib.contextmanager
def vxlan(lab: Lab) -> Iterator[Tunnel]:
    """A tunnel of the kernel."""
    device = "vxlan7"
    with contextlib.ExitStack() as stack:
        for space, here, there in (
            (lab.near, "near4", "far4"),
            (lab.far, "far4", "near4"),
        ):
            ends = f"remote {lab.address[there]} local {lab.address[here]}"
            space.ip(f"link add {device} type vxlan id 7 {ends} dstport 4789")
            stack.callback(space.ip, f"link del {device}")
        yield stack.enter_context(_between(lab, [device] * 2, 0))


@contextlib.contextmanager
def _between(lab: Lab, names: list[str], pid: int) -> Iterator[Tunnel]:
    """Bring both ends up, and count what comes out of them."""
    with contextlib.ExitStack() as stack:
        taps = []
        addresses = (INNER_NEAR, INNER_FAR)
        for space, name, own in zip((lab.near, lab.far), names, addresses, strict=True):
            _bring_up(space, name, own)
            taps.append(Tap(space, name))
            stack.callback(taps[-1].close)
        yield Tunnel(names[0], pid, (taps[0], taps[1]))


def _bring_up(space: Namespace, name: str, address: str) -> None:
    with space.inside():
        set_offload(name, on=False)
        quiet = Path("/proc/sys/net/ipv6/conf", name, "disable_ipv6")
        quiet.write_text("1", encoding="ascii")
    space.ip(
        f"addr add {address}/24 dev {name}",
        f"link set {name} mtu 1300",
        f"link set {name} up",
    )
