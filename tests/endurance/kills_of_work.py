"""Works on a database, killed before each single change of a file that they make.

    python -m tests.endurance.kills_of_work [--most N] [NAME ...]

Migrations of every old schema, roll-up, retention, daily copy, backup, restore, forget,
imports and an entry of the ledger (works.py). A preloaded library (tests/e2e/faults.c)
counts writes, truncations, synchronisations, renames and removals under the folder of
the database, and ends the program as kill -9 does before the n-th of them; for each n,
or with --most for so many of them, evenly spread. After each: the file is sound, and as
it was before the work, or as after it; the work done again ends well and as if it had
never been killed; and no file is left that only a kill leaves.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.e2e.disk import CHANGES, KILL, FailingDisk
from tests.endurance.works import WORKS

if TYPE_CHECKING:
    from collections.abc import Iterable

_LEFT = ("*.new", "*.new.db*", "*.new-*", "*-wal", "*-shm", "*-journal", "*.restor*")


class Bench:
    """Where works are done, and killed; use it with `with`."""

    def __init__(self, folder: Path) -> None:
        """Start the process that does them.

        Args:
            folder: for all of it.
        """
        self._folder = folder
        self._disk = FailingDisk(folder)
        home = folder / "home"
        home.mkdir()
        environ = {**os.environ, **self._disk.environ, "HOME": str(home)}
        environ["XDG_RUNTIME_DIR"] = environ["XDG_STATE_HOME"] = str(home)
        environ["XDG_CONFIG_HOME"] = environ["ESIMMON_CONFIG"] = ""
        self._doer = subprocess.Popen(
            [sys.executable, "-m", "tests.endurance.works"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environ,
        )

    def close(self) -> None:
        """End it."""
        self._doer.communicate()

    def _do(self, name: str, folder: Path) -> int:
        assert self._doer.stdin is not None
        assert self._doer.stdout is not None
        print(json.dumps([name, str(folder)]), file=self._doer.stdin, flush=True)
        return int(self._doer.stdout.readline())

    def kill(self, name: str, most: int) -> tuple[int, int, int]:
        """Kill a work before each change that it makes.

        Args:
            name: of it.
            most: kills.

        Returns:
            How many changes it makes; after how many kills all was as before, and
            after how many as when it is done.

        Raises:
            AssertionError: a promise was broken.
        """
        work, place = WORKS[name], self._folder / name.replace(" ", "-")
        origin, trial = place / "origin", place / "trial"
        origin.mkdir(parents=True)
        work.make(origin)
        before = work.seen(origin)
        shutil.copytree(origin, trial)
        self._disk.watch(CHANGES, f"{trial}/")
        assert self._do(name, trial) == 0, self._said(place)
        count = self._disk.seen
        self._disk.heal()
        after = work.seen(trial)
        begun = done = 0
        for number in _spread(count, most):
            shutil.rmtree(trial)
            shutil.copytree(origin, trial)
            self._disk.fail(CHANGES, f"{trial}/", error=KILL, skipped=number, most=1)
            status = self._do(name, trial)
            self._disk.heal()
            assert status == -signal.SIGKILL, f"{name} {number}: {self._said(place)}"
            work.settle(trial)
            seen = work.seen(trial)
            assert seen in (before, after), f"{name} {number}: neither, {place}"
            begun += seen == before
            done += seen != before
            assert self._do(name, trial) == 0, f"{name} {number}: {self._said(place)}"
            assert work.seen(trial) == after, f"{name} {number}: repeated, {place}"
            left = [each for mask in _LEFT for each in trial.rglob(mask)]
            assert not left, f"{name} {number}: left {left}"
        return count, begun, done

    def _said(self, place: Path) -> str:
        return (place / "said").read_text(encoding="utf-8", errors="replace")


def _spread(count: int, most: int) -> Iterable[int]:
    """Numbers from 0 on, as many of them as may be."""
    most = min(count, most)
    return sorted({number * (count - 1) // max(1, most - 1) for number in range(most)})


def main() -> int:
    """Kill all works, or those that are named, and print what was seen.

    Returns:
        0.
    """
    parser = argparse.ArgumentParser(description="kill -9 in the middle of works")
    parser.add_argument("--most", type=int, default=1 << 30, help="kills of each work")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(WORKS))
    wanted = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="esimmon-works-"))
    bench = Bench(folder)
    print(f"{'work':24} changes  kills  as before  as after")
    for name in wanted.names or WORKS:
        count, begun, done = bench.kill(name, wanted.most)
        line = f"{name:24} {count:7,} {begun + done:6,} {begun:10,} {done:9,}"
        print(line, flush=True)
    bench.close()
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
