"""A day of the daemon in minutes: what grows that should not.

    python -m tests.endurance.long_run [--hours 24] [--rate 96]

The real daemon, with eBPF and its usual tick, on clocks that run faster (faster.c), so
that it makes as many ticks, flushes and calendar jobs as in so many hours. Meanwhile
programs come and go, forty by name and some ten thousand processes; networks do, of
which each takes traffic; a plan is used up and turns. Memory, descriptors, threads,
kernel maps, file and log are looked at every half hour, and in the end the bill is
compared with the kernel's counters and the wire. Needs root and clang.
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.resources import memory_kib, slope
from tests.endurance.crowd import Crowd
from tests.endurance.faster import Faster
from tests.endurance.probe import Probe

if TYPE_CHECKING:
    from tests.endurance.crowd import Counted

LIMIT_KIB = 20_000_000 >> 10
CONFIG = """
[store]
size_limit = "20 MB"

[[plan]]
id = "travel"
quota = "100 MB"
every = "day"
tz = "UTC"
warn_pct = [10, 20, 30, 40, 50, 60, 70, 80, 90]
match.interface = ["wwan*"]
"""
HOUR_S = 3600
TICK_S = 10
_STEP_S = 60
_LOOK_S = HOUR_S // 2
_STAY_S = 45 * 60
_NAMES = 40
_NOBODY = "02:99:00:00:00:99"
_MOST = 60
"""Processes of a program in one minute."""


@dataclass
class Look:
    """One line of the series.

    Attributes:
        hour: since the start, by the daemon's clock.
        rss_kib: resident memory of the daemon.
        descriptors: open ones.
        threads: of it.
        rows: entries of the kernel's map, as the next two.
        owners: processes that it knows.
        ended: those of them that have ended.
        store_kib: the database without its log.
        lines: in the daemon's log.
        ticks: so far.
        stall_ms: the longest that the loop was busy since the look before, on a CPU.
    """

    hour: float
    rss_kib: int
    descriptors: int
    threads: int
    rows: int
    owners: int
    ended: int
    store_kib: int
    lines: int
    ticks: int
    stall_ms: int


class Traffic:
    """Programs and networks that come and go."""

    def __init__(self, crowd: Crowd) -> None:
        """Make the programs.

        Args:
            crowd: where.
        """
        self._crowd = crowd
        self._chance = random.Random(1)  # noqa: S311 - the same in each run
        self._programs = [crowd.folder / f"app-{number:02}" for number in range(_NAMES)]
        for program in self._programs:
            shutil.copy2(crowd.short.program, program)
        self._network = 0

    def minute(self) -> subprocess.Popen[str]:
        """Let one program do what it does in a minute."""
        count, size = self._chance.randint(1, _MOST), self._chance.randint(100, 9000)
        where = (self._crowd.lab.address["far4"], self._crowd.short.port)
        words = map(str, ("run", *where, count, 0, 0, size, "tcp"))
        program = self._chance.choice(self._programs)
        near = self._crowd.lab.near
        return near.popen([program, *words], stdout=subprocess.DEVNULL)

    def move(self) -> None:
        """Leave one network for the next: a device that nobody has seen."""
        near, far = self._crowd.lab.near, self._crowd.lab.far
        if self._network:
            near.ip(f"link del usb{self._network}")
        self._network += 1
        device, net = f"usb{self._network}", f"10.99.{self._network % 250}"
        near.ip(
            f"link add {device} type veth peer name peer netns {far.name}",
            f"addr add {net}.1/24 dev {device}",
            f"link set {device} up",
            # Nobody has that address: what is sent there ends at the other side.
            f"neigh add {net}.2 lladdr {_NOBODY} dev {device} nud permanent",
            f"route add default dev {device} metric 5000",
        )
        far.ip("link set peer up")
        words = map(str, ("run", f"{net}.2", 9, 20, 0, 0, 500, "udp"))
        near.popen([self._programs[0], *words], stdout=subprocess.DEVNULL).wait()


class Day:
    """The run."""

    def __init__(self, crowd: Crowd, faster: Faster, probe: Probe) -> None:
        """Look on.

        Args:
            crowd: with a running daemon.
            faster: its clocks.
            probe: asks it.
        """
        self._crowd, self._faster, self._probe = crowd, faster, probe
        self.looks: list[Look] = []

    def live(self, hours: float) -> None:
        """Let so many hours pass.

        Args:
            hours: by the daemon's clock.
        """
        traffic = Traffic(self._crowd)
        end_s = hours * HOUR_S
        look_s, move_s = min(_LOOK_S, end_s / 4), min(_STAY_S, end_s / 8)
        step = moves = 0
        while (now_s := self._faster.passed_s()) < end_s:
            working = traffic.minute()
            if now_s >= moves * move_s:
                traffic.move()
                moves += 1
            if now_s >= (len(self.looks) + 1) * look_s:
                self._look()
            step = max(step + 1, int(now_s / _STEP_S))
            while self._faster.passed_s() < step * _STEP_S:
                time.sleep(0.01)
            working.wait()
        self._look()

    def _look(self) -> None:
        crowd, pid = self._crowd, self._crowd.daemon.process.pid
        process = Path(f"/proc/{pid}")
        with crowd.maps() as maps:
            counts = maps.counts()
        self.looks.append(
            Look(
                hour=round(self._faster.passed_s() / HOUR_S, 2),
                rss_kib=memory_kib(pid),
                descriptors=len(list((process / "fd").iterdir())),
                threads=len(list((process / "task").iterdir())),
                **counts,
                store_kib=crowd.esimmon.store.stat().st_size >> 10,
                lines=len(crowd.daemon.said().splitlines()),
                ticks=self._probe.ticks,
                stall_ms=round(self._probe.longest_run_s * 1000),
            )
        )
        self._probe.reset()
        values = asdict(self.looks[-1])
        if len(self.looks) == 1:
            _say(" ".join(f"{name:>11}" for name in values))
        _say(" ".join(f"{value:>11}" for value in values.values()))


def broken(looks: list[Look], counted: Counted) -> list[str]:
    """What was promised and is not so.

    Args:
        looks: the series.
        counted: in the end.
    """
    found = counted.lies()
    # The first quarter is when everything is met for the first time.
    settled = looks[len(looks) // 4 :]
    first, last = settled[0], settled[-1]
    for name in ("descriptors", "threads"):
        most = max(getattr(each, name) for each in settled)
        if most > getattr(first, name) + 8:  # a job, a backup, the one who asks
            found.append(f"{name} grew from {getattr(first, name)} to {most}")
    if max(each.store_kib for each in looks) > LIMIT_KIB:
        found.append(f"the file grew beyond its {LIMIT_KIB} KiB")
    if last.lines > 20 + len(looks) * 10:
        found.append(f"{last.lines} lines were logged")
    return found


def run(hours: float, rate: int) -> tuple[list[Look], Counted, list[str]]:
    """Let hours pass.

    Args:
        hours: by the daemon's clock.
        rate: of its seconds in a true one.

    Returns:
        The series, what was counted in all, and what the daemon said.
    """
    with Crowd(CONFIG) as crowd:
        crowd.mark()
        faster = Faster(crowd.folder, rate)
        crowd.start(
            "env", *(f"{name}={value}" for name, value in faster.environ.items())
        )
        with Probe(crowd.daemon) as probe:
            day = Day(crowd, faster, probe)
            day.live(hours)
        return day.looks, crowd.counted(), crowd.daemon.said().splitlines()


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> int:
    """Run, and print figures.

    Returns:
        1 when a promise was broken.
    """
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hours", type=float, default=24)
    parser.add_argument("--rate", type=int, default=96)
    wanted = parser.parse_args()
    began_s = time.monotonic()
    looks, counted, said = run(wanted.hours, wanted.rate)
    for line in said:
        _say(f"log: {line}")
    last = looks[-1]
    print(f"{wanted.hours:g} hours in {time.monotonic() - began_s:.0f} s")
    print(f"ticks: {last.ticks} of {int(last.hour * HOUR_S / TICK_S)}")
    after = [each for each in looks if each.hour >= 1] or looks
    grown = slope([(each.hour, each.rss_kib) for each in after]) if after[1:] else 0
    print(
        f"memory: {after[0].rss_kib} KiB after an hour, {last.rss_kib} KiB in the end"
    )
    print(f"its slope after the first hour: {grown:+.1f} KiB an hour")
    for name in ("descriptors", "threads", "rows", "owners", "store_kib", "stall_ms"):
        values = [getattr(each, name) for each in looks]
        print(f"{name}: {values[0]} at first, at most {max(values)}, then {values[-1]}")
    print(f"log lines: {last.lines}")
    print(f"billed: {counted.bill}; the kernel: {counted.kernel}")
    wrong = broken(looks, counted)
    for each in wrong:
        print(f"BROKEN: {each}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
