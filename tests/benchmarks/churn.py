"""What many short processes leave behind: memory, kernel maps, file, CPU time.

    python tests/benchmarks/churn.py [--seconds 300] [--rate 200]
    python tests/benchmarks/churn.py --processes 100000

Each process has one TCP connection. The daemon is the real one, at its default tick.
The first form shows a series and the slope of its memory; the second makes processes
as fast as they come, then waits a while longer than the quiet minute after which
their entries must be gone. Needs root and clang. Nothing here is asserted.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
import tempfile
import time
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

if __package__ in {None, ""}:  # as a script
    sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks.resources import KernelMaps, cpu_s, memory_kib, slope
from tests.benchmarks.short import Life, Short
from tests.e2e.daemon import Esimmon
from tests.e2e.places import root_in
from tests.lab import Lab

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

DEFAULTS = ""
_QUIET_S = 110  # the quiet minute, then a flush, and one more that lets owners go


@dataclass
class Sample:
    """One line of the series.

    Attributes:
        at_s: since the load began.
        rss_kib: resident memory of the daemon.
        rows: entries of the map, as the next two.
        owners: processes that it knows.
        ended: those of them that have ended.
        store_kib: database with its log.
        process_rows: rows of processes in it.
        cpu_s: of the daemon, since the load began.
    """

    at_s: float
    rss_kib: int
    rows: int
    owners: int
    ended: int
    store_kib: int
    process_rows: int
    cpu_s: float


class Watched:
    """A daemon in a lab, and what it uses; use it with `with`."""

    def __init__(self, config: str = DEFAULTS) -> None:
        """Remember the configuration.

        Args:
            config: TOML.
        """
        self._config = config
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.lab = stack.enter_context(Lab())
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            home = folder / "store"
            home.mkdir()
            self.esimmon = Esimmon(home, root_in(self.lab.near))
            stack.callback(self.esimmon.close)
            self.esimmon.configure(self._config)
            self.short = Short(folder, self.lab)
            self.daemon = self.esimmon.start()
            self.maps = stack.enter_context(KernelMaps(self.esimmon.pins()))
            self.begin()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def begin(self) -> None:
        """The load begins now."""
        self._began_s = time.monotonic()
        self._began_cpu_s = cpu_s(self.daemon.process.pid)

    def sample(self) -> Sample:
        """What the daemon uses now."""
        pid = self.daemon.process.pid
        files = self.esimmon.store.parent.glob(self.esimmon.store.name + "*")
        return Sample(
            at_s=round(time.monotonic() - self._began_s, 1),
            rss_kib=memory_kib(pid),
            **self.maps.counts(),
            store_kib=sum(file.stat().st_size for file in files) >> 10,
            process_rows=self.process_rows(),
            cpu_s=round(cpu_s(pid) - self._began_cpu_s, 2),
        )

    def process_rows(self) -> int:
        """Rows of processes in the database."""
        uri = f"file:{self.esimmon.store}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            (count,) = connection.execute(
                "select count(*) from process_hours"
            ).fetchone()
        return int(count)

    def while_running(
        self, load: subprocess.Popen[str], every_s: float
    ) -> Iterator[Sample]:
        """Samples until a load has ended.

        Args:
            load: the process.
            every_s: how often.

        Yields:
            One after another.
        """
        while load.poll() is None:
            time.sleep(every_s)
            yield self.sample()

    def for_a_while(self, seconds: float, every_s: float) -> Iterator[Sample]:
        """Samples while nothing happens.

        Args:
            seconds: how long.
            every_s: how often.

        Yields:
            One after another.
        """
        until_s = time.monotonic() + seconds
        while time.monotonic() < until_s:
            time.sleep(every_s)
            yield self.sample()


def _show(samples: Iterator[Sample]) -> list[Sample]:
    shown: list[Sample] = []
    for sample in samples:
        values = asdict(sample)
        if not shown:
            print(" ".join(f"{name:>12}" for name in values))
        print(" ".join(f"{value:>12}" for value in values.values()), flush=True)
        shown.append(sample)
    return shown


def _finish(watched: Watched, wire_bytes: int) -> None:
    """What was lost, and what the report says."""
    health = watched.maps.health()
    report = watched.esimmon.report("application")
    named = [row for row in report["rows"] if row["application"] == "short"]
    counted = sum(row["rx_bytes"] + row["tx_bytes"] for row in named)
    print(f"on the wire {wire_bytes} B, named {counted} B: {counted - wire_bytes:+} B")
    print(f"the kernel could not write down: {health._asdict()}")


def main() -> None:
    """Make the load and print the series."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--rate", type=int, default=200)
    parser.add_argument("--processes", type=int, help="that many, as fast as they come")
    parser.add_argument("--quiet-s", type=float, default=_QUIET_S)
    wanted = parser.parse_args()
    count = wanted.processes or wanted.seconds * wanted.rate
    life = Life(rate=0 if wanted.processes else wanted.rate)
    with Watched() as watched:
        before = watched.lab.wire()
        watched.begin()
        load = watched.short.begin(count, life)
        series = _show(watched.while_running(load, max(1, wanted.seconds / 30)))
        moved = watched.lab.wire().since(before)
        print(f"{count} processes in {series[-1].at_s:.0f} s; now nothing happens")
        _show(watched.for_a_while(wanted.quiet_s, wanted.quiet_s / 6))
        _finish(watched, moved.rx.bytes + moved.tx.bytes)
    if len(series) > 1:
        line = slope([(sample.at_s / 60, sample.rss_kib) for sample in series])
        print(f"slope of the daemon's memory under load: {line:+.0f} KiB a minute")


if __name__ == "__main__":
    main()
