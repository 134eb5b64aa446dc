"""From the byte that crosses a threshold to the notification on the screen.

    python tests/benchmarks/alarm.py [--rounds 9] [--gigabytes 4] [--no-offload]

The daemon is the real one at its default tick of 10 s, the plan is told of every
tenth of it, and TCP moves it at full speed between two namespaces. The byte is seen by
reading the device's counters all the time, the notification by dunst's own time stamp.
In the same run, how long `notify-send` takes to be on the screen, as a floor. Needs
root, Xvfb, dunst and notify-send. Nothing here is asserted.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

if __package__ in {None, ""}:  # as a script
    sys.path.insert(0, str(Path(__file__).parents[2]))

from monitor.collectors import netdev
from tests.desktop.stack import desktop, wait_for
from tests.e2e.daemon import Esimmon
from tests.e2e.places import root_in
from tests.e2e.truth import transfer
from tests.lab import DEVICE, Lab

if TYPE_CHECKING:
    from tests.desktop.stack import Desktop
    from tests.e2e.places import Place

GB = 1_000_000_000
_US = 1e-6
_PLAN = """
[[plan]]
id = "travel"
quota = "{quota_bytes} B"
every = "month"
warn_pct = [10, 20, 30, 40, 50, 60, 70, 80, 90]
match.interface = ["wwan*"]
"""


def _crossed_s(lab: Lab, threshold_bytes: int) -> float:
    """Look at the device until it has moved so much; when that was."""
    with lab.near.inside():
        while _moved() < threshold_bytes:
            pass
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _moved() -> int:
    """Bytes of the device, without its link layer where it counts every packet."""
    counter = next(each.counter for each in netdev.collect() if each.name == DEVICE)
    packets = counter.rx_packets + counter.tx_packets
    return counter.bytes - 14 * packets


def _history(stack: Desktop) -> list[dict[str, Any]]:
    """All notifications so far, the newest first."""
    stack.shown()  # those on the screen go into the history
    done = subprocess.run(
        ["dunstctl", "history"], env=stack.environ, check=True, capture_output=True
    )
    found: list[dict[str, Any]] = json.loads(done.stdout)["data"][0]
    return found


def _newest_s(stack: Desktop, count: int) -> float:
    """When the last of so many notifications came."""
    history = wait_for(
        lambda: found if len(found := _history(stack)) >= count else None,
        "the notification",
        within_s=30,
    )
    return float(history[0]["timestamp"]["data"]) * _US


def _floor_s(stack: Desktop) -> float:
    """How long a notification of nobody's takes."""
    count = len(_history(stack)) + 1
    began_s = time.clock_gettime(time.CLOCK_BOOTTIME)
    subprocess.run(["notify-send", "floor"], env=stack.environ, check=True)
    return _newest_s(stack, count) - began_s


def main() -> None:
    """Cross one threshold after another."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9, choices=range(1, 10))
    parser.add_argument("--gigabytes", type=int, default=4)
    parser.add_argument("--no-offload", action="store_true")
    wanted = parser.parse_args()
    step_bytes = wanted.gigabytes * GB // 10
    late_s, floor_s = [], []
    with ExitStack() as parts:
        folder = Path(parts.enter_context(tempfile.TemporaryDirectory()))
        loads = parts.enter_context(ThreadPoolExecutor(1))
        lab = parts.enter_context(Lab(offload=not wanted.no_offload))
        stack = parts.enter_context(desktop(folder))
        esimmon = Esimmon(folder, _place(lab, stack))
        parts.callback(esimmon.close)
        esimmon.configure(_PLAN.format(quota_bytes=10 * step_bytes))
        esimmon.start()
        with lab.near.inside():
            base_bytes = _moved()
        for number in range(1, wanted.rounds + 1):
            floor_s.append(_floor_s(stack))
            count = len(_history(stack)) + 1
            # This thread looks, for /proc/net/dev is the main thread's namespace.
            load = loads.submit(transfer, lab, down=step_bytes, up=0)
            crossed_s = _crossed_s(lab, base_bytes + number * step_bytes)
            load.result()
            late_s.append(_newest_s(stack, count) - crossed_s)
            print(f"{number * 10} %: {late_s[-1] * 1000:.0f} ms", flush=True)
    print(
        f"median {statistics.median(late_s) * 1000:.0f} ms, most "
        f"{max(late_s) * 1000:.0f} ms; notify-send alone takes "
        f"{statistics.median(floor_s) * 1000:.0f} ms"
    )


def _place(lab: Lab, stack: Desktop) -> Place:
    """Root's, in the lab, on that desktop."""
    session = ("DBUS_SESSION_BUS_ADDRESS", "DISPLAY")
    return root_in(lab.near).given(**{name: stack.environ[name] for name in session})


if __name__ == "__main__":
    main()
