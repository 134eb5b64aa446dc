"""A daemon beside very many processes, sockets and packets (crowd.c), in the lab."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from monitor.client.calling import call
from tests.benchmarks.resources import KernelMaps, cpu_s, memory_kib
from tests.benchmarks.short import Short
from tests.e2e.conftest import wait_until_quiet
from tests.e2e.daemon import Esimmon
from tests.e2e.places import root_in
from tests.e2e.truth import Raw, adds_up, billed, moved, raw
from tests.lab import DEVICE, Lab
from tests.load import next_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.daemon import Daemon
    from tests.lab import Both

_SOURCE = Path(__file__).with_suffix(".c")
_PATIENCE_S = 300
_POLL_S = 0.02
HEADERS_BYTES = 28
"""Of a datagram: IPv4 and UDP."""


class Counted(NamedTuple):
    """What the daemon says, and what is so.

    Attributes:
        report: by process, as JSON.
        bill: raw counters that it billed.
        kernel: by how much the kernel's moved.
        wire: what crossed the wire, in IP bytes.
    """

    report: dict[str, Any]
    bill: Raw
    kernel: Raw
    wire: Both

    def of(self, name: str) -> Both:
        """What the report says of processes whose name begins so.

        Args:
            name: the beginning.
        """
        rows = self.report["rows"]
        return moved([row for row in rows if (row["comm"] or "").startswith(name)])

    def processes(self, name: str) -> dict[str, int]:
        """Bytes sent by each process of such a name.

        Args:
            name: the beginning.
        """
        return {
            row["comm"]: row["tx_bytes"]
            for row in self.report["rows"]
            if (row["comm"] or "").startswith(name)
        }

    def lies(self) -> list[str]:
        """The promises that hold under any load, as far as they were broken."""
        found = []
        if self.bill != self.kernel:
            found.append(f"billed {self.bill}, and the kernel counted {self.kernel}")
        if not adds_up(self.report):
            found.append("the rows are not what the interfaces moved")
        if (l3 := moved(on_device(self.report))) != self.wire:
            found.append(f"billed {l3} of IP, and on the wire were {self.wire}")
        return found


class Crowd:
    """The place of all that; use it with `with`.

    Attributes:
        lab: the network.
        folder: for what it needs.
        esimmon: the program on a store of its own.
        daemon: of it, once `start` was called.
    """

    daemon: Daemon

    def __init__(self, config: str = "") -> None:
        """Remember the configuration.

        Args:
            config: TOML.
        """
        self._config = config
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.lab = stack.enter_context(Lab())
            wait_until_quiet(self.lab)
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            self.folder = folder
            (folder / "store").mkdir()
            self.esimmon = Esimmon(folder / "store", root_in(self.lab.near))
            stack.callback(self._close)
            self.esimmon.configure(self._config)
            self.short = Short(folder, self.lab)
            self._program = folder / "crowd"
            build = ("clang", "-O2", "-Wall", "-Wextra", "-Werror", "-pthread", "-o")
            subprocess.run([*build, self._program, _SOURCE], check=True)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def _close(self) -> None:
        if self.esimmon.folder.exists():
            self.esimmon.close()

    def begin(self, command: str, *words: float | str) -> subprocess.Popen[str]:
        """Start a command of crowd.c in near, towards the server in far.

        Args:
            command: its name.
            words: its arguments behind address and port.
        """
        where = (self.lab.address["far4"], self.short.port)
        return self.lab.near.popen(
            [self._program, command, *map(str, (*where, *words))]
        )

    def hold(
        self, processes: int, sockets: int, size: int, kind: str
    ) -> subprocess.Popen[str]:
        """Start that many processes, and wait until all have sent once.

        Args:
            processes: how many.
            sockets: of each.
            size: bytes that the first of them sends on each socket.
            kind: `tcp` or `udp`.
        """
        held = self.begin("hold", processes, sockets, size, kind)
        next_line(held)
        return held

    def start(self, *enter: str) -> float:
        """Start the daemon.

        Args:
            enter: words before its command, such as `chrt` with its options.

        Returns:
            Seconds until it was ready.
        """
        place = self.esimmon.place.inside(*enter)
        began_s = time.monotonic()
        self.daemon = self.esimmon.at(place).begin()
        pid = self.daemon.process.pid
        until(lambda: (self.daemon.ask("status") or {}).get("pid") == pid, "readiness")
        return time.monotonic() - began_s

    def mark(self) -> None:
        """From now on all is compared: there must be no daemon yet, or a silent one."""
        self._wire = self.lab.wire()
        self._before = raw(self.lab.near)

    def counted(self) -> Counted:
        """Everything since the mark, which was made before the daemon began."""
        wire = self.lab.wire()
        report = self.flushed_report()
        now = raw(self.lab.near)
        bill = billed({"interfaces": on_device(report)})
        return Counted(report, bill, now - self._before, wire.since(self._wire))

    def flushed_report(self) -> dict[str, Any]:
        """The report by process of all that the daemon can know."""
        answer = call(self.daemon.control, "flush", {}, _PATIENCE_S)
        if answer is None or answer.result != {"flushed": True}:
            raise RuntimeError(f"not flushed: {answer}; {self.daemon.said()}")
        command = self.esimmon.command("report", "--by", "process", "--json")
        command += ["--period", "2020-01-01..2099-12-31", "--top", "1000000"]
        environ = self.esimmon.place.environ
        said = subprocess.check_output(command, env=environ, timeout=_PATIENCE_S)
        report: dict[str, Any] = json.loads(said)
        return report

    def maps(self) -> KernelMaps:
        """The kernel's maps of the daemon."""
        return KernelMaps(self.esimmon.pins())

    def used(self) -> str:
        """What the daemon uses now, for people."""
        pid = self.daemon.process.pid
        files = len(list(Path(f"/proc/{pid}/fd").iterdir()))
        return (
            f"{memory_kib(pid) / 1024:.0f} MiB (at most "
            f"{memory_kib(pid, 'VmHWM') / 1024:.0f}), {cpu_s(pid):.2f} s of CPU, "
            f"{files} descriptors"
        )


def on_device(report: dict[str, Any]) -> list[dict[str, Any]]:
    """What a report says of the lab's device.

    Args:
        report: as JSON.
    """
    return [each for each in report["interfaces"] if each["name"] == DEVICE]


def until(condition: Callable[[], object], what: str) -> None:
    """Wait until something is so, for as long as a loaded machine may need.

    Args:
        condition: asked again and again.
        what: for the message.

    Raises:
        TimeoutError: it never was.
    """
    deadline_s = time.monotonic() + _PATIENCE_S
    while not condition():
        if time.monotonic() > deadline_s:
            raise TimeoutError(f"waited in vain for: {what}")
        time.sleep(_POLL_S)
