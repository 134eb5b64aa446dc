"""From the byte that crosses a threshold to the notification on the screen.

    python tests/benchmarks/alarm.py [--rounds 9] [--gigabytes 4] [--no-offload]
                                     [--beside-vnstat]

The daemon is the real one at its default tick of 10 s, the plan is told of every
tenth of it, and TCP moves it at full speed between two namespaces. The byte is seen by
reading the device's counters all the time, the notification by dunst's own time stamp.
In the same run, how long `notify-send` takes to be on the screen, as a floor, and, if
it is wanted, what people have today: vnStat at its fastest, asked all the time, for
the same load (a minute a round). Needs root, Xvfb, dunst and notify-send. Nothing here
is asserted.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if __package__ in {None, ""}:  # as a script
    sys.path.insert(0, str(Path(__file__).parents[2]))

from monitor.collectors import netdev
from tests.benchmarks.vnstat import LATEST_S, Vnstat, vnstat_version
from tests.desktop.stack import desktop, wait_for
from tests.e2e.daemon import Esimmon
from tests.e2e.places import root_in
from tests.e2e.truth import transfer
from tests.lab import DEVICE, Lab

if TYPE_CHECKING:
    from tests.desktop.stack import Desktop
    from tests.e2e.places import Place

GB = 1_000_000_000
_OURS, _VNSTAT = "Plan travel", "vnstat"
_US = 1e-6
_PLAN = """
[[plan]]
id = "travel"
quota = "{quota_bytes} B"
every = "month"
warn_pct = [10, 20, 30, 40, 50, 60, 70, 80, 90]
match.interface = ["wwan*"]
"""


class _Moved(NamedTuple):
    """Bytes of the device: of IP, and as it counts them, which vnStat takes."""

    l3_bytes: int
    raw_bytes: int


def _crossed_s(lab: Lab, threshold: _Moved) -> tuple[float, float]:
    """Look at the device until it has moved so much; when that was, of both."""
    with lab.near.inside():
        while (moved := _moved()).raw_bytes <= threshold.raw_bytes:
            pass
        raw_s = time.clock_gettime(time.CLOCK_BOOTTIME)
        while moved.l3_bytes < threshold.l3_bytes:
            moved = _moved()
    return time.clock_gettime(time.CLOCK_BOOTTIME), raw_s


def _moved() -> _Moved:
    """Bytes of the device; a link layer is on each packet that it counts."""
    counter = next(each.counter for each in netdev.collect() if each.name == DEVICE)
    packets = counter.rx_packets + counter.tx_packets
    return _Moved(counter.bytes - 14 * packets, counter.bytes)


def _history(stack: Desktop) -> list[dict[str, Any]]:
    """All notifications so far, the newest first."""
    stack.shown()  # those on the screen go into the history
    done = subprocess.run(
        ["dunstctl", "history"], env=stack.environ, check=True, capture_output=True
    )
    found: list[dict[str, Any]] = json.loads(done.stdout)["data"][0]
    return found


def _told_s(stack: Desktop, title: str, after_s: float) -> list[float]:
    """When those came whose title begins so; dunst forgets all but the newest."""
    times_s = (
        float(each["timestamp"]["data"]) * _US
        for each in _history(stack)
        if each["summary"]["data"].startswith(title)
    )
    return [time_s for time_s in times_s if time_s > after_s]


def _newest_s(
    stack: Desktop, title: str, after_s: float, within_s: float = 30
) -> float:
    """When the first one after then came whose title begins so."""
    found: list[float] = wait_for(
        lambda: _told_s(stack, title, after_s), "the notification", within_s=within_s
    )
    return min(found)


def _floor_s(stack: Desktop) -> float:
    """How long a notification of nobody's takes."""
    began_s = time.clock_gettime(time.CLOCK_BOOTTIME)
    subprocess.run(["notify-send", "floor"], env=stack.environ, check=True)
    return _newest_s(stack, "floor", began_s) - began_s


class _Bench:
    """The lab, a desktop, and who counts and tells.

    Attributes:
        late_s: seconds from the byte to the screen in each round, by who told.
    """

    def __init__(self, parts: ExitStack, step_bytes: int, *, offload: bool) -> None:
        """Start esimmon."""
        self.late_s: dict[str, list[float]] = defaultdict(list)
        self._parts, self._step_bytes = parts, step_bytes
        self._folder = Path(parts.enter_context(tempfile.TemporaryDirectory()))
        self._loads = parts.enter_context(ThreadPoolExecutor(1))
        self._lab = parts.enter_context(Lab(offload=offload))
        self._stack = parts.enter_context(desktop(self._folder))
        home = self._folder / "esimmon"
        home.mkdir()
        esimmon = Esimmon(home, _place(self._lab, self._stack))
        parts.callback(esimmon.close)
        esimmon.configure(_PLAN.format(quota_bytes=10 * step_bytes))
        esimmon.start()
        self._vnstat: Vnstat | None = None
        with self._lab.near.inside():
            self._base = _moved()

    def add_vnstat(self) -> None:
        """Start vnStat, too."""
        folder = self._folder / "vnstat"
        made = Vnstat(self._lab, folder, self._stack.environ)
        self._vnstat = self._parts.enter_context(made)

    def cross(self, number: int) -> None:
        """Cross the next threshold, and wait until everybody has told of it."""
        stack = self._stack
        self.late_s["notify-send alone"].append(_floor_s(stack))
        began_s = time.clock_gettime(time.CLOCK_BOOTTIME)
        moved_bytes = number * self._step_bytes
        if self._vnstat is not None:
            self._vnstat.arm(moved_bytes, _VNSTAT)
        # This thread looks, for /proc/net/dev is the main thread's namespace.
        load = self._loads.submit(transfer, self._lab, down=self._step_bytes, up=0)
        threshold = _Moved(*(each + moved_bytes for each in self._base))
        crossed_s, raw_s = _crossed_s(self._lab, threshold)
        load.result()
        self.late_s["esimmon"].append(_newest_s(stack, _OURS, began_s) - crossed_s)
        if self._vnstat is not None:
            told_s = _newest_s(stack, _VNSTAT, began_s, LATEST_S)
            self.late_s[vnstat_version()].append(told_s - raw_s)


def main() -> None:
    """Cross one threshold after another."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9, choices=range(1, 10))
    parser.add_argument("--gigabytes", type=int, default=4)
    parser.add_argument("--no-offload", action="store_true")
    parser.add_argument("--beside-vnstat", action="store_true")
    wanted = parser.parse_args()
    with ExitStack() as parts:
        step_bytes = wanted.gigabytes * GB // 10
        bench = _Bench(parts, step_bytes, offload=not wanted.no_offload)
        if wanted.beside_vnstat:
            bench.add_vnstat()
        for number in range(1, wanted.rounds + 1):
            bench.cross(number)
            each = (f"{name} {s[-1] * 1000:.0f} ms" for name, s in bench.late_s.items())
            print(f"{number * 10} %: {', '.join(each)}", flush=True)
    for name, took_s in bench.late_s.items():
        median_ms, most_ms = statistics.median(took_s) * 1000, max(took_s) * 1000
        print(f"{name}: median {median_ms:.0f} ms, most {most_ms:.0f} ms")


def _place(lab: Lab, stack: Desktop) -> Place:
    """Root's, in the lab, on that desktop."""
    session = ("DBUS_SESSION_BUS_ADDRESS", "DISPLAY")
    return root_in(lab.near).given(**{name: stack.environ[name] for name in session})


if __name__ == "__main__":
    main()
