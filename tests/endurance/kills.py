"""A daemon killed again and again, at random instants, while programs move bytes.

    python -m tests.endurance.kills [--times 1000] [--seed N]

`esimmon run` counts in a namespace, with a plan, on a session bus; kill -9 ends it
at a random instant, half of them before it counts, and the next one is started. Every
100 kills begin with a new database. The database is looked at after each kill
(witness.py); after the last one of 100, the interface's bill, each process and each
program are compared with what the kernel and the wire say. Needs root.

The first and the last daemon of a database are started by the command; those between
have imported their modules before they are started (warm.py).
"""

from __future__ import annotations

import argparse
import random
import re
import secrets
import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tests.desktop.server import Server
from tests.desktop.stack import session_bus
from tests.e2e.busy import Amounts, Busy, slowed
from tests.e2e.conftest import wait_until_quiet
from tests.e2e.daemon import wait_for
from tests.e2e.places import root_in
from tests.e2e.telling import plan
from tests.e2e.truth import (
    NOTHING,
    adds_up,
    are_gone,
    billed,
    kernel_ids,
    moved,
    of_process,
    of_reason,
    raw,
)
from tests.endurance.warm import WarmEsimmon
from tests.endurance.witness import PERCENTS, Figures, Witness
from tests.kernel.account import plus
from tests.lab import DEVICE, Lab
from tests.namespaces import let_go, run

if TYPE_CHECKING:
    from tests.e2e.busy import Whose
    from tests.e2e.daemon import Daemon

A_STORE = 100
"""Kills of one database: as many as CI has."""

_RATE = "16mbit"
_AMOUNTS = Amounts(down=8_000_000, short=20, questions=60)
_QUOTA_MB = 100
_LATE = 0.2
"""Part of the kills that wait for more than a start, up to `_LATER_S` seconds more."""
_LATER_S = 1.0
_LEARN, _LONGEST_S = 1.1, 3.0
_POLL_S = 0.02
_PATIENT_S = 300  # a machine may be very busy
_LEFT = {"usage.db", "usage.db.lock", "config.toml"}
_COPY = re.compile(r"usage-\d{8}\.db")


class Series:
    """Kills of the daemons of one database."""

    def __init__(
        self, lab: Lab, esimmon: WarmEsimmon, server: Server, seed: int
    ) -> None:
        """Start the first daemon, and the traffic.

        Args:
            lab: where.
            esimmon: the program, on the bus of `server`.
            server: shows notifications.
            seed: of the instants.
        """
        self._lab, self._esimmon, self._server = lab, esimmon, server
        self._chance = random.Random(seed)  # noqa: S311 - instants that can be repeated
        esimmon.configure(plan(*PERCENTS, quota=f"{_QUOTA_MB} MB"))
        aside = esimmon.folder.with_name(f"{esimmon.folder.name}-aside")
        quota_bytes = _QUOTA_MB * 10**6
        self.witness = Witness(
            lab, esimmon.store, aside, server, raw(lab.near), quota_bytes
        )
        self._daemon = _ready(esimmon.begin())
        self._long_s = min(2 * self._start_s(), _LONGEST_S)
        self._busy = Busy(lab, _AMOUNTS)
        self._ports: list[Whose] = []

    def kill(self) -> None:
        """Kill the daemon at a random instant, look, and start the next one."""
        if self._busy.is_over():
            self._ports += self._busy.end()
            let_go()
            self._busy = Busy(self._lab, _AMOUNTS)
        self._sleep()
        self._daemon.kill()
        has_counted = self.witness.killed(self._daemon)
        # Twice the time of a start; on a very busy machine most die in it.
        learnt = 1 / _LEARN if has_counted else _LEARN
        self._long_s = min(self._long_s * learnt, _LONGEST_S)
        self._daemon = self._esimmon.warm()

    def _start_s(self) -> float:
        """How long a start takes on this machine, now; that is the first kill."""
        self._daemon.kill()
        self.witness.killed(self._daemon)
        begun_s = time.monotonic()
        self._daemon = _ready(self._esimmon.warm())
        return time.monotonic() - begun_s

    def _sleep(self) -> None:
        if self._chance.random() < _LATE:
            time.sleep(self._long_s + self._chance.uniform(0, _LATER_S))
        else:
            time.sleep(self._chance.uniform(0, self._long_s))

    def finish(self) -> Figures:
        """Let the traffic end, kill once more, and compare.

        Raises:
            AssertionError: a promise was broken.
        """
        self._ports += self._busy.end()
        self._daemon.kill()
        self.witness.killed(self._daemon)
        status = self._esimmon.call("status", "--check")
        assert status.returncode == 1, "status believes a daemon that was killed"
        assert "killed" in status.stderr, status.stderr
        daemon = _ready(self._esimmon.begin())
        self._compare()
        self._stop(daemon)
        self.witness.finish(daemon)
        return self.witness.figures

    def _compare(self) -> None:
        """Bill, processes and programs against the kernel and the wire."""
        self._lab.wire()
        flows = self._lab.flows()
        report = self._esimmon.report()
        assert billed(report) == raw(self._lab.near) - self.witness.before, "the bill"
        assert adds_up(report)
        for pids, ports in _apart(self._ports).items():
            wire = plus(*(self._lab.port(port, flows) for port in ports))
            said = of_process(report, *pids)
            assert said == wire, f"ports {ports}: {said}, not {wire}"
        known = {pid for each, _ in self._ports for pid in each}
        assert {row["pid"] for row in report["rows"] if row["pid"]} == known
        for reason in ("gap", "over-explained", "unattributed"):
            found = of_reason(report, reason)
            assert found == NOTHING, f"{reason}: {found}"
        programs = self._esimmon.report("application")
        named = [row for row in programs["rows"] if row["application"]]
        theirs = [row for row in report["rows"] if row["pid"]]
        assert moved(named) == moved(theirs)
        self.witness.figures.processes = len(known)

    def _stop(self, daemon: Daemon) -> None:
        """All that is to be told is told; then a clean stop, that leaves nothing."""
        wait_for(
            lambda: all(
                alert["told_at"]
                for alert in self._esimmon.alerts()[-1:]  # the newest is shown
            ),
            "the last alert on the screen",
        )
        pinned = [path for path in self._esimmon.pins().rglob("*") if path.is_file()]
        ids = {kind: kernel_ids(kind, pinned) for kind in ("link", "map", "prog")}
        assert pinned
        daemon.send(signal.SIGTERM)
        assert daemon.process.wait(_PATIENT_S) == 0
        for kind, numbers in ids.items():
            gone = partial(are_gone, kind, numbers)
            wait_for(gone, f"no {kind} to be left")
        assert not self._esimmon.pins().exists(), "pins are left"
        queues = run("tc", "-n", self._lab.near.name, "qdisc", "show", "dev", DEVICE)
        assert "clsact" not in queues
        files = [path for path in self._esimmon.folder.rglob("*") if path.is_file()]
        left = {path.name for path in files if not path.match("daemon-*")}
        copies = {name for name in left if _COPY.fullmatch(name)}
        assert left - copies == _LEFT, f"left in the folder: {sorted(left)}"
        beside = self._esimmon.control()
        assert not list(beside.parent.glob(f"{beside.stem}*")), "left at the socket"


def _ready(daemon: Daemon) -> Daemon:
    """A daemon that counts."""
    deadline = time.monotonic() + _PATIENT_S
    while not daemon.shown() and daemon.process.poll() is None:
        assert time.monotonic() < deadline, "it never counted"
        time.sleep(_POLL_S)
    daemon.wait_ready()
    return daemon


def _apart(ports: list[Whose]) -> dict[tuple[int, ...], list[int]]:
    """Ports by pids, together where a pid was used again: the machine has not many."""
    found: dict[tuple[int, ...], list[int]] = {}
    for pids, port in ports:
        whose, theirs = set(pids), [port]
        for others in [each for each in found if whose & set(each)]:
            whose |= set(others)
            theirs += found.pop(others)
        found[tuple(sorted(whose))] = theirs
    return found


def series(times: int, seed: int) -> Figures:
    """All of it: a lab, a bus, and databases of at most 100 kills each.

    Args:
        times: kills.
        seed: of the instants of the first database; the next has the next one.

    Raises:
        AssertionError: a promise was broken.
    """
    whole = Figures()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.chmod(0o755)
        lab = stack.enter_context(Lab())
        wait_until_quiet(lab)
        bus = stack.enter_context(session_bus(folder))
        server = stack.enter_context(Server(bus.environ))
        stack.enter_context(slowed(lab, _RATE))
        address = bus.environ["DBUS_SESSION_BUS_ADDRESS"]
        place = root_in(lab.near).given(DBUS_SESSION_BUS_ADDRESS=address)
        while whole.kills < times:
            (folder / f"store-{seed}").mkdir()
            esimmon = WarmEsimmon(folder / f"store-{seed}", place)
            stack.callback(esimmon.close)
            whole.add(_of_store(lab, esimmon, server, (seed, times - whole.kills)))
            seed += 1
    return whole


def _of_store(
    lab: Lab, esimmon: WarmEsimmon, server: Server, seed_and_left: tuple[int, int]
) -> Figures:
    seed, left = seed_and_left
    _say(f"seed {seed}")
    one = Series(lab, esimmon, server, seed)
    figures = one.witness.figures
    while figures.kills < min(left, A_STORE) - 1:  # the last one is in `finish`
        one.kill()
        if not figures.kills % 10:
            _say(f"seed {seed}: {figures.kills} kills, {figures.alerts} alerts")
    return one.finish()


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> int:
    """Run the series, and print what was counted.

    Returns:
        0; 1 when a promise was broken.
    """
    parser = argparse.ArgumentParser(description="kill -9 at random instants")
    parser.add_argument("--times", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    wanted = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # and leave nothing behind
    found = series(wanted.times, wanted.seed)
    for name, value in vars(found).items():
        print(f"{name.replace('_', ' '):15} {value:,}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
