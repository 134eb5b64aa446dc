"""Traffic of several kinds at once, lasting longer than a daemon lives."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from tests.e2e.truth import Transfer, free_port
from tests.load import next_line
from tests.namespaces import run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lab import Both, Lab

Whose = tuple[tuple[int, ...], int]
"""Pids in near, and the port that they all used."""


class Amounts(NamedTuple):
    """How much each kind moves.

    Attributes:
        down: bytes of the long transfer.
        short: how many processes live for milliseconds.
        questions: over UDP.
    """

    down: int = 30_000_000
    short: int = 100
    questions: int = 2000


class Busy:
    """A long transfer, processes that live for milliseconds, and questions over UDP."""

    def __init__(self, lab: Lab, amounts: Amounts) -> None:
        """Begin all at once.

        Args:
            lab: where.
            amounts: how much.
        """
        self._lab = lab
        far = lab.address["far4"]
        self._long = Transfer(lab, up=100_000, down=amounts.down)
        self._short_port, self._ask_port = free_port(), free_port()
        short = amounts.short
        self._servers = [
            lab.far.traffic("serve", far, self._short_port, short),
            lab.far.datagrams("serve", far, self._ask_port),
        ]
        for server in self._servers:
            next_line(server)
        self._short = lab.near.traffic(
            "short_lived", far, self._short_port, short, 10_000
        )
        self._ask = lab.near.datagrams("ask", far, self._ask_port, amounts.questions)

    def is_over(self) -> bool:
        """Whether all have ended."""
        ended = [process.poll() is not None for process in (self._short, self._ask)]
        return self._long.is_over() and all(ended)

    def end(self) -> list[Whose]:
        """Wait for the end; which port was whose."""
        self._long.client.wait()
        said, _ = self._short.communicate()
        self._servers[1].communicate("stop\n")
        assert (self._short.returncode, self._ask.wait()) == (0, 0)
        return [
            ((self._long.pid,), self._long.port),
            (tuple(map(int, said.split())), self._short_port),
            ((self._ask.pid,), self._ask_port),
        ]

    def wait(self) -> dict[tuple[int, ...], Both]:
        """Wait for the end; what was on the wire, by pids of those whose it was."""
        ports = self.end()
        self._long.wait()
        return {pids: self._lab.port(port) for pids, port in ports}


@contextmanager
def slowed(lab: Lab, rate: str = "120mbit") -> Iterator[None]:
    """What far sends is shaped, so that a transfer lasts some lives of a daemon.

    Args:
        lab: where.
        rate: as tc(8) writes it.
    """
    place = ("tc", "-n", lab.far.name, "qdisc")
    end = ("dev", "eth0", "root")
    shape = ("tbf", "rate", rate, "burst", "64k", "limit", "1m")
    run(*place, "add", *end, *shape)
    try:
        yield
    finally:
        run(*place, "del", *end)
