"""What esimmon costs, beside the floor of its own libraries, in one run.

    python tests/benchmarks/cost.py [--rounds 7] [--idle-s 60]

Prints ratios, since machines differ: `report` against an interpreter that imports
SQLAlchemy, on histories of 1, 3 and 5 years, and beside vnStat on one of 3; `status`
against an interpreter that does nothing; the daemon's memory against an idle skeleton
of the required libraries; how large a year is. Rounds are interleaved and medians
taken. Nothing here is asserted: noise is no failure.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests import vnstats
from tests.benchmarks.history import make_history
from tests.benchmarks.idle import OURS, SKELETON
from tests.benchmarks.idle import idle as side_by_side
from tests.unit.standings import PACK, WWAN, document, keep

ROOT = Path(__file__).parents[2]
YEARS = (1, 3, 5)
VNSTAT_REPORT = "vnstat -d, 3 years"
ESIMMON = [sys.executable, "-m", "monitor"]
# Whoever runs this: a user's own daemon is asked.
ASK = """
import os, sys
os.geteuid = lambda: 1000
sys.argv = ["esimmon", "status"]
from monitor.__main__ import main
sys.exit(main())
"""


def spent_s(command: list[str]) -> float:
    """Seconds of a processor that one command takes: others wait for their own."""
    before = _children_s()
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    return _children_s() - before


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def interleaved(commands: dict[str, list[str]], rounds: int) -> dict[str, float]:
    """Median seconds of each, one after another in every round."""
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds + 1):
        for name, command in commands.items():
            taken[name].append(spent_s(command))
    return {name: statistics.median(times[1:]) for name, times in taken.items()}


def idle(idle_s: float) -> None:
    """Daemon and skeleton side by side, doing nothing."""
    found = side_by_side(idle_s, (OURS, SKELETON))
    used, ours, floor = found[OURS].cpu_s_per_hour, found[OURS].mib, found[SKELETON].mib
    print(f"daemon, idle {idle_s:.0f} s: {used:.2f} CPU s per hour")
    print(f"memory: {ours:.1f} MiB, skeleton {floor:.1f} MiB: {ours / floor:.2f} x")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--idle-s", type=float, default=60, help="0: only reports")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        keep_bytecode(folder)
        if options.idle_s:
            idle(options.idle_s)
        status(Path(folder), 3 * options.rounds)
        reports(Path(folder), options.rounds)


def keep_bytecode(folder: str) -> None:
    """Keep it from round to round, as an installed program has it.

    Args:
        folder: where.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = f"{folder}/bytecode"


class History(NamedTuple):
    """What reports take, by how long the history is.

    Attributes:
        floor_s: of an interpreter that imports SQLAlchemy.
        took_s: by report.
        mb_a_year: of the file, by years.
    """

    floor_s: float
    took_s: dict[str, float]
    mb_a_year: dict[int, float]


def reports(folder: Path, rounds: int) -> None:
    """Reports of a day, a month and all of it, by how long the history is."""
    found = histories(folder, rounds)
    for years, size in found.mb_a_year.items():
        print(f"{years} years: {size:.1f} MB a year")
    print(f"import sqlalchemy: {found.floor_s * 1000:.0f} ms")
    for name, seconds in found.took_s.items():
        print(f"{name}: {seconds * 1000:.0f} ms, {seconds / found.floor_s:.2f} x")


def histories(folder: Path, rounds: int) -> History:
    """Measure them; vnStat's report beside, where that is installed.

    Args:
        folder: for databases.
        rounds: how often.
    """
    commands = {"floor": [sys.executable, "-c", "import sqlalchemy"]}
    if shutil.which("vnstatd"):
        commands[VNSTAT_REPORT] = vnstat(folder / "vnstat")
    sizes = {}
    for years in YEARS:
        store = make_history(folder / f"{years}.db", years)
        sizes[years] = store.stat().st_size / years / 1e6
        report = [*ESIMMON, "report", "--store", str(store)]
        commands |= {
            f"report, {years} years kept": report,
            f"month by hour, {years}": [*report, "--since", "30d", "--by", "hour"],
            f"all by month, {years}": [*report, "--since", "2000", "--by", "month"],
        }
    took = interleaved(commands, rounds)
    return History(took.pop("floor"), took, sizes)


def vnstat(folder: Path) -> list[str]:
    """The command that shows three years of hourly traffic as vnStat kept it."""
    folder.mkdir()
    path, end_s = vnstats.make(folder), int(time.time())
    hours = range(end_s - 3 * 365 * 86_400, end_s, 3600)
    updates = [vnstats.Update(at_s, 40_000_000, 3_000_000) for at_s in hours]
    vnstats.fill(path, "wwan0", updates, ZoneInfo("UTC"))
    return ["vnstat", "--dbdir", str(folder), "-i", "wwan0", "-d"]


def status(folder: Path, rounds: int) -> None:
    """What a status bar asks, against an interpreter that does nothing."""
    floor_s, seconds = asked(folder, rounds)
    print(f"python3 -c pass: {floor_s * 1000:.1f} ms")
    print(f"status: {seconds * 1000:.1f} ms, {seconds / floor_s:.2f} x")


def asked(folder: Path, rounds: int) -> tuple[float, float]:
    """Seconds of an interpreter that does nothing, and of `status`.

    Args:
        folder: for a status file.
        rounds: how often.
    """
    os.environ["XDG_RUNTIME_DIR"] = str(folder)
    facts = document([WWAN, PACK])
    facts["tick_s"] = 86_400  # fresh as long as this runs
    keep(str(folder), facts)
    bare = [sys.executable, "-c", "pass"]
    took = interleaved({"bare": bare, "status": [sys.executable, "-c", ASK]}, rounds)
    return took["bare"], took["status"]


if __name__ == "__main__":
    main()
