"""What a process uses, and what the kernel keeps for esimmon."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from monitor.collectors.bpf.libbpf import Library
from monitor.collectors.bpf.loading import close_maps
from monitor.collectors.bpf.pins import Pins
from monitor.collectors.bpf.records import Health, parse_losses

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_CPUCLOCK_SCHED = 2  # man 3 clock_getcpuclockid: a clock of any process

COUNTED = ("rows", "owners", "ended")


def memory_kib(pid: int, field: str = "VmRSS") -> int:
    """Resident memory of a process.

    Args:
        pid: which.
        field: of /proc/PID/status; `VmHWM` is the peak.
    """
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field))


def cpu_s(pid: int) -> float:
    """Time on a CPU so far of all threads of a process, to the nanosecond.

    Args:
        pid: which.
    """
    return time.clock_gettime(~pid << 3 | _CPUCLOCK_SCHED)


def cpu_ms(work: Callable[[], object], rounds: int) -> float:
    """Median CPU milliseconds of a piece of work in this process.

    Args:
        work: what to do.
        rounds: how often.
    """
    taken = []
    for _ in range(rounds):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return statistics.median(taken) * 1000


def slope(points: Sequence[tuple[float, float]]) -> float:
    """The slope of the line that fits best (least squares).

    Args:
        points: pairs of x and y; at least two with different x.
    """
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    across = sum((x - mean_x) * (y - mean_y) for x, y in points)
    return across / sum((x - mean_x) ** 2 for x, _ in points)


@dataclass
class KernelMaps:
    """The pinned maps of a running daemon; use it with `with`.

    Attributes:
        folder: of the daemon's pins.
    """

    folder: Path

    def __enter__(self) -> Self:
        maps = Pins(Library(), self.folder / "current").open_maps()
        if maps is None:
            raise FileNotFoundError(f"no pinned maps in {self.folder}")
        self._maps = maps
        return self

    def __exit__(self, *error: object) -> None:
        close_maps(self._maps.values())

    def counts(self) -> dict[str, int]:
        """How many entries each has."""
        return {name: sum(1 for _ in self._maps[name].items()) for name in COUNTED}

    def health(self) -> Health:
        """What the kernel could not write down."""
        return parse_losses(self._maps["losses"].lookup(bytes(4)) or b"")
