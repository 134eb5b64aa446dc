"""Everything esimmon promises to cost, beside its peers, as one page in one run.

    python -m tests.benchmarks.page [--quick]

Prints a Markdown table: each budget, what was measured, and what vnStat, NetHogs and
picosnitch cost in the same run, where they run. Rounds are interleaved and medians
taken; where a budget is missed, the row says so, with the floor that stands against it.
Takes a quarter of an hour on a machine that does nothing else (`--quick`: three minutes
and wilder figures). Needs root, clang, iperf3, Xvfb and dunst. Nothing is asserted:
noise is no failure. A part that cannot run is a row that says why.
"""

from __future__ import annotations

import argparse
import atexit
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from tests.benchmarks import beside_nethogs, cost, idle, kernel_cost
from tests.benchmarks.machine import machine, peers
from tests.benchmarks.monitors import Nethogs, Ours
from tests.benchmarks.picosnitch_scenarios import play
from tests.benchmarks.published import NETHOGS, PICOSNITCH
from tests.benchmarks.resources import slope
from tests.benchmarks.scenarios import SCENARIOS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Judge = Callable[[float], bool]

_NONE = "-"


class Scale(NamedTuple):
    """How long it takes.

    Attributes:
        idle_s: of doing nothing.
        rounds: of commands.
        loads: rounds of loads before monitors.
        traffic: rounds of each kind of traffic.
        scenarios: part of the bytes of the scenarios.
    """

    idle_s: float
    rounds: int
    loads: int
    traffic: int
    scenarios: float


_FULL = Scale(idle_s=180, rounds=9, loads=3, traffic=7, scenarios=0.2)
_QUICK = Scale(idle_s=30, rounds=2, loads=1, traffic=2, scenarios=0.05)


class Row(NamedTuple):
    """One line of the page.

    Attributes:
        what: was measured.
        budget: in words.
        ours: as measured.
        is_kept: whether the budget is; None where there is none.
        peers: as measured in the same run.
        floor: what stands against it; shown where the budget is missed.
    """

    what: str
    budget: str
    ours: str
    is_kept: bool | None
    peers: str = _NONE
    floor: str = ""

    def line(self) -> str:
        """In Markdown."""
        kept = {True: "kept", False: "**missed**", None: _NONE}[self.is_kept]
        if self.is_kept is False and self.floor:
            kept += f"; floor: {self.floor}"
        return f"| {self.what} | {self.budget} | {self.ours} | {kept} | {self.peers} |"


def _idle(scale: Scale) -> Iterator[Row]:
    found = idle.idle(scale.idle_s)
    ours, skeleton = found[idle.OURS], found[idle.SKELETON]
    peers = [name for name in (idle.VNSTAT, idle.NETHOGS) if name in found]
    loop = found[idle.LOOP].cpu_s_per_hour
    yield Row(
        "CPU of the daemon, idle, tick of 10 s",
        "0.6 CPU s an hour",
        f"{ours.cpu_s_per_hour:.2f}",
        ours.cpu_s_per_hour <= 0.6,
        ", ".join(f"{each} {found[each].cpu_s_per_hour:.2f}" for each in peers),
        f"{loop:.2f} for a loop of the same libraries that counts nothing",
    )
    ratio = ours.mib / skeleton.mib
    yield Row(
        "resident memory",
        "1.25 x a skeleton of the required libraries",
        f"{ours.mib:.1f} MiB, {ratio:.2f} x",
        ratio <= 1.25,
        ", ".join(f"{each} {found[each].mib:.1f} MiB" for each in peers),
        f"{skeleton.mib:.1f} MiB",
    )


def _commands(scale: Scale) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        bare_s, status_s = cost.asked(Path(folder), 3 * scale.rounds)
        yield Row(
            "`esimmon status`",
            "2.5 x `python3 -c pass`",
            f"{status_s * 1000:.0f} ms, {status_s / bare_s:.2f} x",
            status_s <= 2.5 * bare_s,
            floor=f"{bare_s * 1000:.0f} ms",
        )
        yield from _reports(cost.histories(Path(folder), scale.rounds))


def _reports(found: cost.History) -> Iterator[Row]:
    took, floor = found.took_s, found.floor_s
    vnstat = took.get(cost.VNSTAT_REPORT)
    beside = f"vnStat -d {vnstat * 1000:.0f} ms" if vnstat is not None else _NONE
    today = [(years, took[f"report, {years} years kept"]) for years in cost.YEARS]
    ratios = ", ".join(f"{s / floor:.2f} x ({y} y)" for y, s in today)
    yield Row(
        "`esimmon report`, 3 years kept",
        "1.5 x importing SQLAlchemy, flat over the years",
        f"{ratios}; {slope(today) * 1000:+.1f} ms a year",
        dict(today)[3] <= 1.5 * floor,
        beside,
        f"{floor * 1000:.0f} ms",
    )
    for name in ("month by hour", "all by month"):
        points = [(years, took[f"{name}, {years}"]) for years in cost.YEARS]
        ratios = ", ".join(f"{s / floor:.2f} x ({y} y)" for y, s in points)
        grows = f"{slope(points) * 1000:+.1f} ms a year"
        yield Row(f"the same, {name}", _NONE, f"{ratios}; {grows}", None)
    most = max(found.mb_a_year.values())
    yield Row(
        "database, 30 active applications",
        "40 MB a year",
        ", ".join(f"{mb:.0f} MB a year ({y} y)" for y, mb in found.mb_a_year.items()),
        most <= 40,
    )


_MIX, _BULK = "upload with 167 DNS questions a second: ", "one fast download: "
_OF_LOADS: tuple[tuple[str, str, Judge, str], ...] = (
    (f"{_MIX}bytes lost, %", "0", lambda lost: abs(lost) < 0.005, "{:.2f}"),
    (f"{_BULK}bytes named, %", "100", lambda named: named >= 99.995, "{:.2f}"),
    ("processes of 0.5 ms: named, %", "100", lambda named: named == 100, "{:.1f}"),
    (f"{_BULK}CPU s per GB beyond idle", "0.01", lambda used: used <= 0.01, "{:.3f}"),
)


def _loads(scale: Scale) -> Iterator[Row]:
    has_nethogs = shutil.which("nethogs") is not None
    monitors = (Ours, Nethogs) if has_nethogs else (Ours,)
    figures = beside_nethogs.beside(scale.loads, monitors)
    for what, budget, is_kept, form in _OF_LOADS:
        ours = median(figures[what, Ours.name])
        theirs = figures.get((what, Nethogs.name))
        peer = f"NetHogs {form.format(median(theirs))}" if theirs else _NONE
        yield Row(what, budget, form.format(ours), is_kept(ours), peer)


def _scenarios(scale: Scale) -> Iterator[Row]:
    ran = [each for each in play(SCENARIOS, scale.scenarios) if not each.not_run]
    wired = [each for each in ran if max(each.wire)]
    passed = sum(each.passed for each in wired)
    scores = {"picosnitch 2.2.1": PICOSNITCH, "NetHogs 0.9.0": NETHOGS}
    named = {
        name: sum(score.named == "yes" for score in table.values())
        for name, table in scores.items()
    }
    published = ", ".join(f"{name} names {count}" for name, count in named.items())
    yield Row(
        "the 24 scenarios of picosnitch's benchmark",
        "all that run here, within 1 %",
        f"{passed} of {len(wired)}",
        passed == len(wired),
        f"as they publish: {published}",
    )


def _kernel(scale: Scale) -> Iterator[Row]:
    tcp = kernel_cost.measured("TCP, offload", scale.traffic, 1)
    nothing = kernel_cost.doing_nothing
    floor = kernel_cost.measured("TCP, offload", scale.traffic, 1, nothing)
    beside = _NONE
    if shutil.which("nethogs"):
        theirs = kernel_cost.measured("TCP, offload", scale.traffic, 1, Nethogs)
        beside = f"NetHogs {-theirs.faster_pct:.1f} % of the throughput"
    yield Row(
        "in the kernel: TCP with offload, both ends counted",
        "3 % of CPU per GB",
        f"{tcp.dearer_pct:.1f} %; {-tcp.faster_pct:.1f} % of the throughput",
        tcp.dearer_pct <= 3,
        beside,
        f"{floor.dearer_pct:.1f} % with programs that do nothing",
    )
    udp = kernel_cost.measured("UDP 1200 B", scale.traffic, 1)
    floor = kernel_cost.measured("UDP 1200 B", scale.traffic, 1, nothing)
    yield Row(
        "in the kernel: small UDP, both ends counted",
        "12 % of the throughput",
        f"{-udp.faster_pct:.1f} %",
        -udp.faster_pct <= 12,
        floor=f"{-floor.faster_pct:.1f} % with programs that do nothing",
    )


def _alarm(scale: Scale) -> Iterator[Row]:
    words = ("--rounds", str(2 * scale.loads), "--gigabytes", "2")
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("alarm.py"), *words],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    said = {
        name: figures
        for name, _, figures in (
            line.partition(": median ") for line in done.stdout.splitlines()
        )
        if figures
    }
    most_ms = int(said["esimmon"].split()[-2])
    yield Row(
        "from the byte at a threshold to the notification",
        "1 s at full speed",
        f"median {said['esimmon']}",
        most_ms <= 1000,
        f"notify-send alone: {said['notify-send alone']}",
    )


_PARTS: tuple[tuple[str, Callable[[Scale], Iterator[Row]]], ...] = (
    ("bytes and names", _loads),
    ("scenarios", _scenarios),
    ("idle", _idle),
    ("in the kernel", _kernel),
    ("commands and file", _commands),
    ("alarm", _alarm),
)


def main() -> None:
    """Measure everything, and print the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="less of everything")
    scale = _QUICK if parser.parse_args().quick else _FULL
    began_s = time.monotonic()
    bytecode = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, bytecode)
    cost.keep_bytecode(bytecode)
    print(f"{machine()}. Peers: {peers()}.\n")
    print("| what | budget | esimmon | | peers, same run |")
    print("|---|---|---|---|---|", flush=True)
    for name, part in _PARTS:
        print(f"{time.monotonic() - began_s:4.0f} s: {name}", file=sys.stderr)
        for row in _rows(name, part, scale):
            print(row.line(), flush=True)
    load = os.getloadavg()[0]
    print(f"\n{(time.monotonic() - began_s) / 60:.0f} minutes; load after: {load:.1f}.")


def _rows(name: str, part: Callable[[Scale], Iterator[Row]], scale: Scale) -> list[Row]:
    """One part that cannot run leaves the others be."""
    rows: list[Row] = []
    try:
        rows.extend(part(scale))
    except Exception as error:  # noqa: BLE001 - whatever it is, the page says it
        rows.append(Row(name, _NONE, f"not measured: {error!r}", None))
    return rows


if __name__ == "__main__":
    main()
