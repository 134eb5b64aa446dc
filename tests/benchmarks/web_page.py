"""How long `esimmon web` takes to show a month, after 1, 3 and 5 years of history.

    python tests/benchmarks/web_page.py [--years 1 3 5] [--times 9]

Each history has 30 applications on 4 networks (`history`). Told are medians: of the
server's answers, and of all that a page asks for, one after the other; of the page in
Chromium from the navigation to the graph with its applications, and to everything; and
the server's CPU time for such a page, which other work on the machine lengthens little.
Beside them, in the same run, how long the bare interpreter takes: 8 ms if all is idle.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

import psutil

if __package__ in {None, ""}:  # as a script
    sys.path.insert(0, str(Path(__file__).parents[2]))

from monitor.web.app import read_assets
from tests.benchmarks.history import make_history
from tests.browser import blank_page, chromium
from tests.web.stage import web

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser

    from tests.web.stage import Web

ZONE: Final = "UTC"  # in which the days of the history are
ANSWERS: Final = (
    *("usage?period=month", "usage?period=week", "standing", "networks", "alerts"),
)
_MS: Final = 1000


def _ms(times: int, call: Callable[[], object]) -> float:
    """The median of so many calls, after one that is not counted."""
    call()
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        taken.append((time.perf_counter() - began) * _MS)
    return median(taken)


def _bare() -> None:
    subprocess.run([sys.executable, "-c", "pass"], check=True)


def _shown(browser: Browser, running: Web) -> tuple[float, float]:
    """Milliseconds from the navigation to the graph, and to everything."""
    with blank_page(browser) as (page, _):
        running.open(page, "?period=month")
        marks = page.evaluate(
            "['usage', 'shown'].map(n => performance.getEntriesByName(n)[0].startTime)"
        )
    return marks[0], marks[1]


def _fetch_all(running: Web) -> None:
    """What a browser asks for to show a month."""
    asked = (ANSWERS[0], *ANSWERS[2:])
    for path in (*read_assets(), *(f"/api/{answer}" for answer in asked)):
        running.get(path)


def _cpu_s(running: Web) -> float:
    """CPU seconds of the server so far."""
    taken = psutil.Process(running.process_id).cpu_times()
    return float(taken.user + taken.system)


def _line(name: str, ms: float) -> None:
    print(f"  {name:<32}{ms:8.1f} ms")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--years", type=int, nargs="+", default=[1, 3, 5])
    parser.add_argument("--times", type=int, default=9)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, chromium(Path(folder)) as browser:
        for years in options.years:
            store = make_history(Path(folder, f"{years}.db"), years)
            print(f"{years} years, {store.stat().st_size / 1e6:.1f} MB")
            _line("bare interpreter", _ms(options.times, _bare))
            with web(store, Path(folder), "--tz", ZONE) as running:
                for answer in ANSWERS:
                    ask = partial(running.json, f"/api/{answer}")
                    _line(f"/api/{answer}", _ms(options.times, ask))
                everything = _ms(options.times, partial(_fetch_all, running))
                _line("page: all it asks for", everything)
                before_s = _cpu_s(running)
                marks = [_shown(browser, running) for _ in range(options.times + 1)]
                cpu_s = (_cpu_s(running) - before_s) / len(marks)
            _line("page: CPU of the server", cpu_s * _MS)
            _line("page: graph and applications", median(mark[0] for mark in marks[1:]))
            _line("page: everything", median(mark[1] for mark in marks[1:]))


if __name__ == "__main__":
    main()
