"""Monitors under the same load: how each is started, asked, and what it then knows."""

from __future__ import annotations

import signal
import tempfile
from abc import ABC, abstractmethod
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

from tests.benchmarks.resources import cpu_s, memory_kib
from tests.e2e.daemon import Esimmon, wait_for
from tests.e2e.places import root_in
from tests.lab import DEVICE
from tests.namespaces import run

if TYPE_CHECKING:
    from tests.lab import Lab

_ETHERNET_BYTES = 14
_REFRESH_S = 1


class Known(NamedTuple):
    """What a monitor knows after a load, and what that took.

    Attributes:
        by_pid: bytes of each process, both ways together.
        cpu_s: time on a CPU since it was ready.
        peak_kib: the most memory it had.
    """

    by_pid: dict[int, int]
    cpu_s: float
    peak_kib: int


class Monitor(ABC):
    """One monitor in near; use it with `with`.

    Attributes:
        name: for the table.
        header_bytes: of each packet, that it counts beside those of IP.
    """

    name: str
    header_bytes = 0
    _pid: int

    def __init__(self, lab: Lab) -> None:
        """Remember where.

        Args:
            lab: in whose near side it runs.
        """
        self._lab = lab
        self._stack = ExitStack()

    @abstractmethod
    def _start(self, folder: Path) -> None:
        """Start it, wait until it counts, and set its pid."""

    @abstractmethod
    def _bytes_by_pid(self) -> dict[int, int]:
        """All that it knows by now."""

    def __enter__(self) -> Self:
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        self._start(folder)
        self._began_cpu_s = cpu_s(self._pid)
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def known(self) -> Known:
        """Ask it, after a load."""
        by_pid = self._bytes_by_pid()
        used_s = cpu_s(self._pid) - self._began_cpu_s
        return Known(by_pid, used_s, memory_kib(self._pid, "VmHWM"))


class Ours(Monitor):
    """The daemon, at its defaults."""

    name = "esimmon"

    def _start(self, folder: Path) -> None:
        home = folder / "store"
        home.mkdir()
        self._esimmon = Esimmon(home, root_in(self._lab.near))
        self._stack.callback(self._esimmon.close)
        self._esimmon.configure("")
        self._pid = self._esimmon.start().process.pid

    def _bytes_by_pid(self) -> dict[int, int]:
        rows = self._esimmon.report("process")["rows"]
        return {
            row["pid"]: row["rx_bytes"] + row["tx_bytes"]
            for row in rows
            if row["pid"] and row["comm"]
        }


class Nethogs(Monitor):
    """NetHogs with TCP and UDP, telling all bytes so far once a second."""

    name = "NetHogs"
    header_bytes = _ETHERNET_BYTES

    def _start(self, folder: Path) -> None:
        self._output = folder / "nethogs"
        command = ("nethogs", "-t", "-v", "2", "-C", "-d", str(_REFRESH_S), DEVICE)
        with self._output.open("w", encoding="utf-8") as output:
            process = self._lab.near.popen(
                command, stdin=None, stdout=output, stderr=output
            )
        self._pid = process.pid
        self._stack.callback(process.wait)
        self._stack.callback(process.send_signal, signal.SIGINT)
        wait_for(lambda: self._refreshes() > 1, "the first lines of nethogs")

    def _refreshes(self) -> int:
        return self._output.read_text(encoding="utf-8").count("Refreshing:")

    def _bytes_by_pid(self) -> dict[int, int]:
        # One refresh may have begun before the last packet.
        seen = self._refreshes()
        wait_for(lambda: self._refreshes() > seen + 1, "more lines of nethogs")
        most: dict[int, int] = {}
        for line in self._output.read_text(encoding="utf-8").splitlines():
            name, *amounts = line.split("\t")
            words = name.rsplit("/", 2)
            if len(amounts) == 2 and words[1].isdecimal() and int(words[1]):
                total = sum(int(float(amount)) for amount in amounts)
                pid = int(words[1])
                most[pid] = max(most.get(pid, 0), total)
        return most


def nethogs_version() -> str:
    """Of the one that is installed."""
    return run("nethogs", "-V").strip()
