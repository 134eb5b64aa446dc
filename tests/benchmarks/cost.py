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
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests import vnstats
from tests.benchmarks.history import make_history
from tests.unit.standings import PACK, WWAN, document, keep

ROOT = Path(__file__).parents[2]
ESIMMON = [sys.executable, "-m", "monitor"]
# Whoever runs this: a user's own daemon is asked.
ASK = """
import os, sys
os.geteuid = lambda: 1000
sys.argv = ["esimmon", "status"]
from monitor.__main__ import main
sys.exit(main())
"""
SKELETON = """
import psutil, sqlalchemy, plyer, time
from apscheduler.schedulers.background import BackgroundScheduler
scheduler = BackgroundScheduler()
scheduler.add_job(lambda: None, "interval", seconds=5)
scheduler.start()
engine = sqlalchemy.create_engine("sqlite://")
with engine.connect() as connection:
    connection.execute(sqlalchemy.text("select 1"))
psutil.net_io_counters(pernic=True)
time.sleep(1000)
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


def rss_mib(pid: int) -> float:
    """Resident memory."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if "VmRSS" in line)


def cpu_s(pid: int) -> float:
    """User and system time so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2]
    ticks = sum(int(field) for field in fields.split()[11:13])
    return ticks / os.sysconf("SC_CLK_TCK")


def idle(store: Path, idle_s: float) -> None:
    """Daemon and skeleton side by side, doing nothing."""
    daemon = subprocess.Popen(
        [*ESIMMON, "run", "--store", str(store)], cwd=ROOT, stdout=subprocess.DEVNULL
    )
    skeleton = subprocess.Popen([sys.executable, "-c", SKELETON])
    try:
        time.sleep(15)  # start, first flush, the calendar's jobs at the start
        before = cpu_s(daemon.pid)
        time.sleep(idle_s)
        used_s = cpu_s(daemon.pid) - before
        ours, floor = rss_mib(daemon.pid), rss_mib(skeleton.pid)
    finally:
        daemon.send_signal(signal.SIGINT)
        daemon.wait()
        skeleton.kill()
        skeleton.wait()
    print(f"daemon, idle {idle_s:.0f} s: {used_s * 3600 / idle_s:.2f} CPU s per hour")
    print(f"memory: {ours:.1f} MiB, skeleton {floor:.1f} MiB: {ours / floor:.2f} x")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--idle-s", type=float, default=60, help="0: only reports")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        # Bytecode is kept from round to round, as an installed program has it.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = f"{folder}/bytecode"
        if options.idle_s:
            idle(Path(folder) / "usage.db", options.idle_s)
        status(Path(folder), 3 * options.rounds)
        reports(Path(folder), options.rounds)


def reports(folder: Path, rounds: int) -> None:
    """Reports of a day, a month and all of it, by how long the history is."""
    commands = {
        "import sqlalchemy": [sys.executable, "-c", "import sqlalchemy"],
        "vnstat -d, 3 years": vnstat(folder / "vnstat"),
    }
    for years in (1, 3, 5):
        store = make_history(folder / f"{years}.db", years)
        print(f"{years} years: {store.stat().st_size / years / 1e6:.1f} MB a year")
        report = [*ESIMMON, "report", "--store", str(store)]
        commands |= {
            f"report, {years} years kept": report,
            f"month by hour, {years}": [*report, "--since", "30d", "--by", "hour"],
            f"all by month, {years}": [*report, "--since", "2000", "--by", "month"],
        }
    took = interleaved(commands, rounds)
    floor = took.pop("import sqlalchemy")
    print(f"import sqlalchemy: {floor * 1000:.0f} ms")
    for name, seconds in took.items():
        print(f"{name}: {seconds * 1000:.0f} ms, {seconds / floor:.2f} x")


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
    os.environ["XDG_RUNTIME_DIR"] = str(folder)
    facts = document([WWAN, PACK])
    facts["tick_s"] = 86_400  # fresh as long as this runs
    keep(str(folder), facts)
    bare = [sys.executable, "-c", "pass"]
    took = interleaved({"bare": bare, "status": [sys.executable, "-c", ASK]}, rounds)
    floor, seconds = took["bare"], took["status"]
    print(f"python3 -c pass: {floor * 1000:.1f} ms")
    print(f"status: {seconds * 1000:.1f} ms, {seconds / floor:.2f} x")


if __name__ == "__main__":
    main()
