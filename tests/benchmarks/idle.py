"""Who costs what while nothing happens: side by side, at the same time.

Our daemon and its peers at their defaults; a skeleton that only holds the required
libraries, which is the floor of memory; and a loop that does with them what no tick can
leave out, which is the floor of CPU time: read the devices' counters, replace a status
file, and commit one row each 30 s.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.benchmarks.resources import cpu_s, memory_kib

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[2]
OURS, SKELETON, LOOP = "esimmon", "skeleton", "bare loop"
VNSTAT, NETHOGS = "vnStat", "NetHogs"
_SETTLED_S = 20  # start, first flush, the calendar's jobs at the start
_HOUR_S = 3600
_LIBRARIES = """
import json, os, pathlib, psutil, socket, sqlalchemy, plyer, sys, time
from apscheduler.schedulers.background import BackgroundScheduler
scheduler = BackgroundScheduler()
scheduler.add_job(lambda: None, "interval", hours=1)
scheduler.start()
engine = sqlalchemy.create_engine("sqlite:///" + sys.argv[1])
number = sqlalchemy.Column("n", sqlalchemy.Integer)
row = sqlalchemy.Table("row", sqlalchemy.MetaData(), number)
add = sqlalchemy.update(row).values(n=row.c.n + 1)
with engine.begin() as connection:
    connection.exec_driver_sql("PRAGMA journal_mode = WAL")
    connection.exec_driver_sql("PRAGMA synchronous = FULL")
    row.create(connection)
    connection.execute(row.insert().values(n=0))
"""
_ALL = "import monitor.commands.run, psutil, plyer, apscheduler.schedulers.background"
_SLEEP = "psutil.net_io_counters(pernic=True)\ntime.sleep(100000)\n"
_TICK = """
path = sys.argv[1] + ".json"
for tick in range(100000):
    time.sleep(10)
    clocks = time.clock_gettime_ns(time.CLOCK_BOOTTIME), time.time_ns()
    names = socket.if_nameindex()
    counters = psutil.net_io_counters(pernic=True, nowrap=False)
    pathlib.Path(path + ".new").write_text(json.dumps([clocks, names, counters]))
    os.replace(path + ".new", path)
    if tick % 3 == 2:
        with engine.begin() as connection:
            connection.execute(add)
"""


class Idle(NamedTuple):
    """What one process used.

    Attributes:
        cpu_s_per_hour: of all its threads.
        mib: of resident memory at the end.
    """

    cpu_s_per_hour: float
    mib: float


def idle(
    window_s: float, only: Sequence[str] = (), settled_s: float = _SETTLED_S
) -> dict[str, Idle]:
    """Start all of them, and look what they use.

    Args:
        window_s: for how long.
        only: names of those that are wanted; all by default.
        settled_s: how long after their start.

    Returns:
        By name, without those that are not installed.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        # Who compiles its modules first keeps what that took; an installed program,
        # whose bytecode is there, does not.
        subprocess.run([sys.executable, "-c", _ALL], cwd=ROOT, check=True)
        wanted = {
            name: command
            for name, command in _commands(folder).items()
            if shutil.which(command[0]) and (not only or name in only)
        }
        pids = {name: _start(stack, words) for name, words in wanted.items()}
        time.sleep(settled_s)
        began_s, before = time.monotonic(), {n: cpu_s(pid) for n, pid in pids.items()}
        time.sleep(window_s)
        hours = (time.monotonic() - began_s) / _HOUR_S
        return {
            name: Idle((cpu_s(pid) - before[name]) / hours, memory_kib(pid) / 1024)
            for name, pid in pids.items()
        }


def _commands(folder: Path) -> dict[str, list[str]]:
    store, config = folder / "usage.db", folder / "config.toml"
    config.write_text("", encoding="utf-8")
    vnstat = folder / "vnstat.conf"
    vnstat.write_text(
        f'DatabaseDir "{folder}"\nPidFile "{folder}/pid"\nUseLogging 0\n'
        'DaemonUser ""\nDaemonGroup ""\n',
        encoding="utf-8",
    )
    python = [sys.executable, "-c"]
    run = [sys.executable, "-m", "monitor", "run"]
    return {
        OURS: [*run, "--config", str(config), "--store", str(store)],
        SKELETON: [*python, _LIBRARIES + _SLEEP, str(folder / "skeleton.db")],
        LOOP: [*python, _LIBRARIES + _TICK, str(folder / "loop.db")],
        VNSTAT: ["vnstatd", "--nodaemon", "--config", str(vnstat)],
        NETHOGS: ["nethogs", "-t", "-C"],
    }


def _start(stack: ExitStack, command: list[str]) -> int:
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    stack.callback(process.wait)
    stack.callback(process.send_signal, signal.SIGINT)
    return process.pid
