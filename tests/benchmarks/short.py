"""Processes that live for a moment (tests/bench_short.c), in the lab."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.load import next_line

if TYPE_CHECKING:
    from tests.lab import Lab

NEEDS = ("clang", "/usr/include/stdlib.h")

_SOURCE = Path(__file__).parents[1] / "bench_short.c"
# A connection that near closes holds its port for a minute: short lives need many.
_PORTS = {
    "net/ipv4/tcp_tw_reuse": "1",
    "net/ipv4/ip_local_port_range": "1024 65535",
}


@dataclass(frozen=True, slots=True)
class Life:
    """What each of many processes does.

    Attributes:
        rate: that many begin in a second; 0 for one after another.
        hold_us: how long it keeps its connection, in microseconds.
        size: bytes that it sends.
        kind: `tcp` or `udp`.
    """

    rate: int = 0
    hold_us: int = 0
    size: int = 200
    kind: str = "tcp"


class Short:
    """The built program, and a server for it in far.

    Attributes:
        port: of the server.
        program: the built one.
    """

    def __init__(self, folder: Path, lab: Lab, port: int = 900) -> None:
        """Build it, and start the server.

        Args:
            folder: for the program.
            lab: where.
            port: of the server; below those that the clients get.
        """
        self.port = port
        self._lab = lab
        self.program = folder / "short"
        build = ("clang", "-O2", "-Wall", "-Wextra", "-Werror")
        subprocess.run([*build, "-o", self.program, _SOURCE], check=True)
        with lab.near.inside():
            for setting, value in _PORTS.items():
                Path("/proc/sys", setting).write_text(value, encoding="ascii")
        self._server = lab.far.popen(
            [self.program, "serve", lab.address["far4"], str(port)]
        )
        next_line(self._server)

    def begin(
        self, count: int, life: Life, stdout: int = subprocess.DEVNULL
    ) -> subprocess.Popen[str]:
        """Start the parent of many short processes.

        Args:
            count: how many processes.
            life: of each.
            stdout: where their pids go.
        """
        numbers = (self.port, count, life.rate, life.hold_us, life.size)
        words = map(str, (self._lab.address["far4"], *numbers, life.kind))
        return self._lab.near.popen([self.program, "run", *words], stdout=stdout)

    def run(self, count: int, life: Life) -> list[int]:
        """The same, to its end.

        Args:
            count: how many processes.
            life: of each.

        Returns:
            Their pids, in order.

        Raises:
            RuntimeError: some of them failed.
        """
        parent = self.begin(count, life, subprocess.PIPE)
        said, _ = parent.communicate()
        if parent.returncode:
            raise RuntimeError("some short processes could not connect or send")
        return [int(word) for word in said.split()]
