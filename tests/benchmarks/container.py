"""A container without an engine: namespaces and a cgroup named as docker names them."""

from __future__ import annotations

import secrets
from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

from monitor.collectors.bpf.cgroups import find_root
from tests.lab import DEVICE
from tests.namespaces import Namespace, run

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Sequence
    from pathlib import Path

    from tests.lab import Lab

_BRIDGE, _ADDRESS = "10.77.9.1", "10.77.9.2"
_NAT = f"""
table ip esimmon-bench {{
  chain postrouting {{
    type nat hook postrouting priority srcnat;
    oifname "{DEVICE}" masquerade
  }}
}}
"""
# The shell moves itself, and what it becomes stays there.
_ENTER = 'echo $$ > "$0/cgroup.procs" && exec unshare --pid --fork --mount-proc "$@"'


class Container:
    """Behind near, which translates addresses as docker0's host does.

    Attributes:
        application: what it is known as.
    """

    def __init__(self, lab: Lab) -> None:
        """Remember where.

        Args:
            lab: behind whose near side it is.
        """
        self._near = lab.near
        self._id = secrets.token_hex(32)
        self._stack = ExitStack()
        self.application = f"docker:{self._id[:12]}"

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            near = self._near
            self._inside = Namespace(f"{near.name}-box")
            stack.callback(self._inside.close)
            near.ip(
                f"link add box0 type veth peer name eth0 netns {self._inside.name}",
                f"addr add {_BRIDGE}/24 dev box0",
                "link set box0 up",
            )
            self._inside.ip(
                f"addr add {_ADDRESS}/24 dev eth0",
                "link set eth0 up",
                f"route add default via {_BRIDGE}",
            )
            self._nft("-f", "-", text=_NAT)
            stack.callback(self._nft, "delete", "table", "ip", "esimmon-bench")
            slice_ = find_root() / "system.slice"
            self._scope = slice_ / f"docker-{self._id}.scope"
            for folder in (slice_, self._scope):
                if not folder.exists():
                    folder.mkdir()
                    stack.callback(folder.rmdir)
            self._stack = stack.pop_all()
        return self

    def _nft(self, *words: str, text: str | None = None) -> None:
        run("ip", "netns", "exec", self._near.name, "nft", *words, text=text)

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def popen(self, command: Sequence[str | Path]) -> subprocess.Popen[str]:
        """Start a program as the first of its process namespace.

        Args:
            command: program and arguments.
        """
        return self._inside.popen(["sh", "-c", _ENTER, self._scope, "--", *command])
