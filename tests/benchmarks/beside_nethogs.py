"""esimmon beside NetHogs: the same load, in one run, in turn; medians.

    python tests/benchmarks/beside_nethogs.py [--rounds 3]

Every round starts each monitor afresh for each load. Needs root, clang and NetHogs
(apt install nethogs). CPU time is that of the monitor's process; what the kernel
spends on its behalf (the packet tap, the eBPF programs) is not in it, for neither.
Nothing here is asserted: noise is no failure.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

if __package__ in {None, ""}:  # as a script
    sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks.monitors import Known, Monitor, Nethogs, Ours, nethogs_version
from tests.benchmarks.short import Life, Short
from tests.benchmarks.stage import Stage
from tests.lab import Lab

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.lab import Both

    Figures = dict[str, float]
    Load = Callable[["Bench", type[Monitor]], Figures]

_GB = 1_000_000_000
_SHORT_COUNT, _SHORT_RATE, _SHORT_BYTES = 150, 50, 20_000
_MIX_S, _MIX_RATE, _QUESTIONS_RATE = 10, 5_000_000, 167
_BULK_BYTES = 2_000_000_000


class Bench:
    """A lab and the programs that make the loads.

    Attributes:
        stage: named programs in the lab.
        short: processes that live for a moment.
    """

    def __init__(self, lab: Lab, folder: Path) -> None:
        """Build what has to be built.

        Args:
            lab: the network.
            folder: for programs.
        """
        self.stage = Stage(lab, folder)
        self.short = Short(folder, lab)

    def measured(
        self, monitor: type[Monitor], load: Callable[[], list[int]]
    ) -> tuple[Monitor, Known, Both, list[int]]:
        """Make a load before a monitor.

        Args:
            monitor: which.
            load: makes it; returns the pids of its processes in near.

        Returns:
            The monitor, what it knew, what was on the wire, and the pids.
        """
        lab = self.stage.lab
        before = lab.wire()
        with monitor(lab) as running:
            pids = load()
            wire = lab.wire().since(before)
            return running, running.known(), wire, pids


def _share_pct(monitor: Monitor, known: Known, wire: Both, pids: list[int]) -> float:
    """Bytes under the right pids, in percent of the wire as the monitor counts it."""
    packets = wire.rx.packets + wire.tx.packets
    truth = wire.rx.bytes + wire.tx.bytes + packets * monitor.header_bytes
    return 100 * sum(known.by_pid.get(pid, 0) for pid in pids) / truth


def _nothing(seconds: float) -> list[int]:
    time.sleep(seconds)
    return []


def _bulk(bench: Bench, kind: type[Monitor]) -> Figures:
    def load() -> list[int]:
        far, port = bench.stage.lab.address["far4"], bench.stage.port()
        server = bench.stage.far("traffic.py", "serve", far, port)
        client = bench.stage.near(
            "bulk", "traffic.py", "transfer", far, port, 0, _BULK_BYTES
        )
        for process in (client, server):
            process.wait()
        return [client.pid]

    began_s = time.monotonic()
    monitor, known, wire, pids = bench.measured(kind, load)
    took_s = time.monotonic() - began_s
    _, idle, _, _ = bench.measured(kind, lambda: _nothing(took_s))
    gigabytes = (wire.rx.bytes + wire.tx.bytes) / _GB
    return {
        "one fast download: CPU s per GB beyond idle": (known.cpu_s - idle.cpu_s)
        / gigabytes,
        "one fast download: bytes named, %": _share_pct(monitor, known, wire, pids),
    }


def _lives(hold_us: int, what: str) -> Load:
    life = Life(_SHORT_RATE, hold_us, _SHORT_BYTES)

    def measure(bench: Bench, kind: type[Monitor]) -> Figures:
        monitor, known, wire, pids = bench.measured(
            kind, lambda: bench.short.run(_SHORT_COUNT, life)
        )
        named = sum(pid in known.by_pid for pid in pids)
        return {
            f"processes of {what}: named, %": 100 * named / len(pids),
            f"processes of {what}: bytes named, %": _share_pct(
                monitor, known, wire, pids
            ),
        }

    return measure


def _mix(bench: Bench, kind: type[Monitor]) -> Figures:
    def load() -> list[int]:
        far, stage = bench.stage.lab.address["far4"], bench.stage
        ports = (stage.port(), stage.port())
        servers = [
            stage.far("traffic.py", "serve", far, ports[0]),
            stage.far("datagrams.py", "serve", far, ports[1]),
        ]
        upload = (_MIX_S * _MIX_RATE, _MIX_RATE)
        asking = (_MIX_S * _QUESTIONS_RATE, _QUESTIONS_RATE)
        clients = [
            stage.near("up", "bench_traffic.py", "drip", far, ports[0], *upload),
            stage.near(
                "ask", "bench_traffic.py", "ask_at_a_rate", far, ports[1], *asking
            ),
        ]
        for process in clients:
            process.wait()
        for process in servers:
            process.communicate("stop\n")
        return [process.pid for process in clients]

    monitor, known, wire, pids = bench.measured(kind, load)
    share = _share_pct(monitor, known, wire, pids)
    return {
        "upload with 167 DNS questions a second: bytes lost, %": 100 - share,
        "upload with 167 DNS questions a second: CPU s": known.cpu_s,
        "upload with 167 DNS questions a second: peak memory, MiB": known.peak_kib
        / 1024,
    }


LOADS: tuple[Load, ...] = (_bulk, _lives(500, "0.5 ms"), _lives(5000, "5 ms"), _mix)


MONITORS: tuple[type[Monitor], ...] = (Ours, Nethogs)


def beside(
    rounds: int, monitors: tuple[type[Monitor], ...] = MONITORS
) -> dict[tuple[str, str], list[float]]:
    """All figures, by what they are and whose.

    Args:
        rounds: how often each load is made before each monitor.
        monitors: which.
    """
    figures: dict[tuple[str, str], list[float]] = defaultdict(list)
    with Lab() as lab, tempfile.TemporaryDirectory() as folder:
        bench = Bench(lab, Path(folder))
        for _ in range(rounds):
            for load in LOADS:
                for kind in monitors:
                    for what, value in load(bench, kind).items():
                        figures[what, kind.name].append(value)
    return figures


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    wanted = parser.parse_args()
    figures = beside(wanted.rounds)
    names = dict.fromkeys(what for what, _ in figures)
    print(f"{nethogs_version()}; medians of {wanted.rounds} rounds [least..most]")
    print(f"{'':58}" + "".join(f"{kind.name:>26}" for kind in MONITORS))
    for what in names:
        cells = (_cell(figures[what, kind.name]) for kind in MONITORS)
        print(f"{what:58}" + "".join(f"{cell:>26}" for cell in cells))


def _cell(values: list[float]) -> str:
    middle = statistics.median(values)
    return f"{middle:.3f} [{min(values):.3f}..{max(values):.3f}]"


if __name__ == "__main__":
    main()
