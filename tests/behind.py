r"""What stands behind near: containers at a bridge, a client of its hotspot.

    container-a --- docker0 \
    container-b --- docker0  near === lab
    client --- air ---- ap0 /

air keeps the client's namespace from being at the other end of ap0: that of a real
client is on another machine. near is the router and translates addresses (nftables
masquerade), as container engines and hotspots do. A container is a network namespace
and a cgroup named as Docker does; something sleeps in it for as long as it lives, as
its first process would.
"""

from __future__ import annotations

import contextlib
import hashlib
import sys
from typing import TYPE_CHECKING, Self

from monitor.collectors.bpf.cgroups import find_root
from tests.lab import DEVICE
from tests.namespaces import DATAGRAMS, TRAFFIC, Namespace, run
from tests.offload import set_offload

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from tests.lab import Lab

BRIDGE, HOTSPOT = "docker0", "ap0"

_BRIDGED, _SHARED = "10.81.0", "10.82.0"
_MASQUERADE = f"""
table ip nat {{
  set outside {{ type ifname; elements = {{ "{DEVICE}" }} }}
  chain postrouting {{
    type nat hook postrouting priority srcnat;
    oifname @outside masquerade
  }}
}}
"""
_ENTER = 'echo $$ > "$0/cgroup.procs"; exec "$@"'


def cable(
    end: tuple[Namespace, str], other: tuple[Namespace, str], *, offload: bool
) -> None:
    """Lay a virtual cable.

    Args:
        end: a namespace, and the name of the device there.
        other: the same of the other end.
        offload: whether both ends may hand over super-packets.
    """
    (space, device), (peer_space, peer) = end, other
    space.ip(f"link add {device} type veth peer name {peer} netns {peer_space.name}")
    for where, name in (end, other):
        with where.inside():
            set_offload(name, on=offload)
        where.ip(f"link set {name} up")


class Guest:
    """A network namespace behind near.

    Attributes:
        space: the namespace.
        address: its IPv4 address.
        application: what its programs are called; empty without a cgroup of its own.
        sleeper: its first process; None without a cgroup.
    """

    def __init__(self, lab: Lab, name: str, address: str, *, contained: bool) -> None:
        self.space = Namespace(f"{lab.near.name}-{name}")
        self.address = address
        self.application = ""
        self.sleeper: subprocess.Popen[str] | None = None
        self._cgroup: Path | None = None
        if contained:
            number = hashlib.sha256(self.space.name.encode()).hexdigest()
            self._cgroup = find_root() / f"docker-{number}.scope"
            self._cgroup.mkdir()
            self.application = f"docker:{number[:12]}"
            self.sleeper = self.popen("sleep", "600")

    def connect(self, near: Namespace, port: str, *, offload: bool) -> None:
        """Lay a virtual cable to near.

        Args:
            near: the router.
            port: name of its device there.
            offload: whether both ends may hand over super-packets.
        """
        cable((near, port), (self.space, "eth0"), offload=offload)
        gateway = self.address.rpartition(".")[0] + ".1"
        self.space.ip(
            f"addr add {self.address}/24 dev eth0", f"route add default via {gateway}"
        )

    def popen(self, *command: str) -> subprocess.Popen[str]:
        """Start a program in it.

        Args:
            command: program and arguments.
        """
        enter = ("sh", "-c", _ENTER, str(self._cgroup)) if self._cgroup else ()
        return self.space.popen([*enter, *command])

    def traffic(self, *arguments: str | int) -> subprocess.Popen[str]:
        """Start a program of tests/traffic.py in it."""
        return self._python(TRAFFIC, *arguments)

    def datagrams(self, *arguments: str | int) -> subprocess.Popen[str]:
        """Start a program of tests/datagrams.py in it."""
        return self._python(DATAGRAMS, *arguments)

    def _python(self, script: Path, *arguments: str | int) -> subprocess.Popen[str]:
        interpreter = (sys.executable, "-S", "-E", str(script))
        return self.popen(*interpreter, *map(str, arguments))

    def close(self) -> None:
        """End what runs in it, and remove it."""
        self.space.close()
        if self._cgroup:
            self._cgroup.rmdir()


class Behind:
    """All of it; use it with `with`.

    Attributes:
        containers: two of them, at the bridge.
        client: of the hotspot.
    """

    containers: tuple[Guest, Guest]
    client: Guest

    def __init__(self, lab: Lab, *, offload: bool = False) -> None:
        """Remember where.

        Args:
            lab: with near, which becomes a router.
            offload: whether devices may hand over super-packets.
        """
        self._lab = lab
        self._offload = offload
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            near = self._lab.near
            inside = ("ip", "netns", "exec", near.name)
            run(*inside, "nft", "-f", "-", text=_MASQUERADE)
            stack.callback(run, *inside, "nft", "delete", "table", "ip", "nat")
            near.ip(
                f"link add {BRIDGE} type bridge",
                f"link set {BRIDGE} up",
                f"addr add {_BRIDGED}.1/24 dev {BRIDGE}",
            )
            stack.callback(near.ip, f"link del {BRIDGE}")
            self.client = self._guest(stack, "client", f"{_SHARED}.2")
            air = Namespace(f"{near.name}-air")
            stack.callback(air.close)
            air.ip("link add air type bridge", "link set air up")
            self.client.connect(air, "to_client", offload=self._offload)
            cable((near, HOTSPOT), (air, "to_near"), offload=self._offload)
            for port in ("to_client", "to_near"):
                air.ip(f"link set {port} master air")
            near.ip(f"addr add {_SHARED}.1/24 dev {HOTSPOT}")
            self.containers = (self._container(stack, 2), self._container(stack, 3))
            self._stack = stack.pop_all()
        return self

    def masquerade(self, device: str) -> None:
        """Translate addresses on another device, too.

        Args:
            device: of near.
        """
        inside = ("ip", "netns", "exec", self._lab.near.name)
        element = f"{{ {device} }}"
        run(*inside, "nft", "add", "element", "ip", "nat", "outside", element)

    def _guest(self, stack: contextlib.ExitStack, name: str, address: str) -> Guest:
        guest = Guest(self._lab, name, address, contained=name != "client")
        stack.callback(guest.close)
        return guest

    def _container(self, stack: contextlib.ExitStack, number: int) -> Guest:
        guest = self._guest(stack, f"container-{number}", f"{_BRIDGED}.{number}")
        near, port = self._lab.near, f"veth{number}"
        guest.connect(near, port, offload=self._offload)
        near.ip(f"link set {port} master {BRIDGE}")
        return guest

    def __exit__(self, *error: object) -> None:
        self._stack.close()
