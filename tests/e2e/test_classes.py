"""In front of a person, or behind his back: parted at the moment that he locks up."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from monitor.collectors.bpf.cgroups import find_root
from tests.desktop.stack import session_bus
from tests.e2e.daemon import SLOW, wait_for
from tests.e2e.truth import adds_up, moved, transfer
from tests.lab import Both
from tests.login1 import Login1
from tests.wire import Way

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.daemon import Daemon, Esimmon
    from tests.lab import Lab

pytestmark = pytest.mark.needs("dbus-daemon")

UID = 61184
APP = "org.esimmon.Test"
SCOPE = (
    f"user.slice/user-{UID}.slice/user@{UID}.service/app.slice/app-gnome-{APP}-1.scope"
)


@contextmanager
def inside(below: str) -> Iterator[None]:
    """Be in a cgroup of this path, with all that is started there."""
    root = find_root()
    lines = Path("/proc/self/cgroup").read_text().splitlines()
    home = root / next(line[4:] for line in lines if line.startswith("0::/"))
    made = [root.joinpath(*Path(below).parts[: at + 1]) for at in range(5)]
    for folder in made:
        folder.mkdir(exist_ok=True)
    try:
        (made[-1] / "cgroup.procs").write_text(str(os.getpid()))
        yield
    finally:
        (home / "cgroup.procs").write_text(str(os.getpid()))
        for folder in reversed(made):
            with suppress(OSError):  # the machine's own are in use
                folder.rmdir()


def until_tick(daemon: Daemon, before: float) -> float:
    """Wait for a tick; none comes by itself for a minute. Returns its length."""
    found = before

    def is_new() -> bool:
        nonlocal found
        found = (daemon.ask("live") or {}).get("interval_s", before)
        return bool(found != before)

    wait_for(is_new, "a tick that nobody asked for")
    return found


def test_a_lock_parts_the_bytes_of_an_application_to_the_byte(
    lab: Lab, esimmon: Esimmon, tmp_path: Path
) -> None:
    esimmon.configure(SLOW)
    with session_bus(tmp_path) as bus:
        address = bus.environ["DBUS_SESSION_BUS_ADDRESS"]
        with Login1(address) as login1:
            daemon = esimmon.begin(DBUS_SYSTEM_BUS_ADDRESS=address)
            daemon.wait_ready()
            wait_for(lambda: "ListSessions" in login1.asked, "the daemon to listen")
            live = daemon.ask("live") or {}
            login1.add("1", UID)
            tick = until_tick(daemon, live["interval_s"])
            wire = {}
            with inside(SCOPE):
                for locked, down in ((False, 1_000_000), (True, 2_000_000)):
                    _, wire[locked] = transfer(lab, down=down)
                    login1.set("1", LockedHint=not locked)
                    tick = until_tick(daemon, tick)
                _, more = transfer(lab, down=3_000_000)

            expected = {
                "interactive": _sum(wire[False], more),
                "background": wire[True],
            }
            report = esimmon.report("application")
            rows = [row for row in report["rows"] if row["application"] == APP]
            assert {row["class"]: moved([row]) for row in rows} == expected
            assert adds_up(report)
            report = esimmon.report("class")
            rows = [row for row in report["rows"] if row["class"]]
            assert {row["class"]: moved([row]) for row in rows} == expected
            assert adds_up(report)
            assert daemon.stop() == 0


def _sum(one: Both, other: Both) -> Both:
    return Both(
        Way(one.rx.bytes + other.rx.bytes, one.rx.packets + other.rx.packets),
        Way(one.tx.bytes + other.tx.bytes, one.tx.packets + other.tx.packets),
    )


def test_a_daemon_counts_and_ends_while_logind_hangs(
    lab: Lab, esimmon: Esimmon, tmp_path: Path
) -> None:
    with session_bus(tmp_path) as bus:
        address = bus.environ["DBUS_SESSION_BUS_ADDRESS"]
        with Login1(address) as login1:
            login1.hangs = True
            daemon = esimmon.begin(DBUS_SYSTEM_BUS_ADDRESS=address)
            daemon.wait_ready()
            wait_for(lambda: "ListSessions" in login1.asked, "a question")
            _, wire = transfer(lab, down=100_000)
            rows = esimmon.report("application")["rows"]
            mine = [row for row in rows if row["application"] == "traffic.py"]
            assert moved(mine) == wire
            assert daemon.stop() == 0
            assert "Traceback" not in daemon.said()
