"""A store that has counted, copied for each trial, judged by the kernel's counter."""

from __future__ import annotations

import shutil
import signal
import socket
import sqlite3
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING, Final

from tests.e2e.daemon import SLOW, Esimmon, wait_for
from tests.e2e.disk import FailingDisk
from tests.e2e.places import root_in
from tests.e2e.truth import Raw, raw, transfer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.daemon import Daemon
    from tests.lab import Lab

FILES: Final = "/kept/"
"""In the path of each file of a trial's store, and of nothing else."""

_BILL: Final = "SELECT sum(rx_counter_bytes), sum(tx_counter_bytes) FROM bill"
_NO_BUS: Final = {"DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nowhere"}


class Bench:
    """Makes trials; each begins with a copy of one store.

    Attributes:
        lab: the network.
        disk: fails when it is told to.
        before: the counters of the device when that store began.
        killed: the store of a daemon that was killed, with its log and a backup.
        stopped: the same of one that was stopped after that.
    """

    def __init__(self, lab: Lab, folder: Path) -> None:
        """Let a daemon count, make a backup, count on, and be killed."""
        self.lab = lab
        self.disk = FailingDisk(folder)
        self._folder = folder
        self._place = root_in(lab.near).given(**self.disk.environ, **_NO_BUS)
        self._made = 0
        self.before = raw(lab.near)
        first = self._new()
        daemon = started(first)
        transfer(lab, down=50_000)
        _stop(daemon)
        daemon = first.start()
        backups = first.store.parent / "backups"
        wait_for(lambda: list(backups.glob("*-????????.db")), "the backup")
        transfer(lab, down=70_000, up=20_000)
        wait_for(lambda: (daemon.ask("flush") or {}).get("flushed"), "a flush")
        daemon.kill()
        self.killed = self._keep(first, "killed")
        _stop(started(first))
        self.stopped = self._keep(first, "stopped")
        first.close()

    def _keep(self, first: Esimmon, name: str) -> Path:
        kept = self._folder / name
        shutil.copytree(first.store.parent, kept)
        return kept

    def _new(self) -> Esimmon:
        self._made += 1
        home = self._folder / f"trial-{self._made}"
        home.mkdir(mode=0o755)
        made = Esimmon(home, self._place)
        made.store = home / FILES.strip("/") / "usage.db"
        made.configure(SLOW)
        return made

    def trial(self, old: Path) -> Esimmon:
        """The program on a copy of a store.

        Args:
            old: which.
        """
        made = self._new()
        shutil.copytree(old, made.store.parent)
        return made

    def move(self) -> None:
        """Move some bytes."""
        with (
            self.lab.near.inside(),
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link,
        ):
            for _ in range(8):
                link.sendto(bytes(1000), (self.lab.address["far4"], 9))

    def settle(self, esimmon: Esimmon) -> None:
        """Heal the disk, count on, stop and compare.

        Args:
            esimmon: of a trial; its last daemon may run still, or have ended.

        Raises:
            AssertionError: a promise was broken.
        """
        self.disk.heal()
        daemon = esimmon.daemons[-1] if esimmon.daemons else None
        if daemon is None or not is_ready_or_refused(daemon):
            daemon = started(esimmon)
        self.move()
        _stop(daemon)
        with closing(sqlite3.connect(esimmon.store)) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            found = Raw(*database.execute(_BILL).fetchone())
        kernel = raw(self.lab.near) - self.before
        assert found == kernel, f"the bill has {found}, the kernel {kernel}"
        for each in esimmon.daemons:
            is_plain(each.said())


def started(esimmon: Esimmon) -> Daemon:
    """A daemon that counts; waits as long as it takes.

    Args:
        esimmon: of a trial.
    """
    daemon = esimmon.begin()
    assert is_ready_or_refused(daemon), daemon.said()
    return daemon


def _stop(daemon: Daemon) -> None:
    """However busy the machine is."""
    daemon.send(signal.SIGINT)
    assert daemon.process.wait() == 0, daemon.said()


def is_ready_or_refused(daemon: Daemon) -> bool:
    """Wait until a daemon counts, or has said in one sentence why it does not.

    Args:
        daemon: it was begun; somebody may have ended it.

    Returns:
        Whether it counts.

    Raises:
        AssertionError: it ended otherwise.
    """
    while daemon.process.poll() is None:
        if (daemon.ask("status") or {}).get("pid") == daemon.process.pid:
            return True
    said, status = daemon.said(), daemon.process.returncode
    assert status in {0, 1, -signal.SIGKILL}, (status, said)
    is_plain(said)
    return False


def is_plain(said: str) -> None:
    """Insist that it is for a person, and said once.

    Args:
        said: by a daemon.
    """
    assert "Traceback" not in said, said
    lines = said.splitlines()
    assert all(line.startswith("esimmon: ") for line in lines), said
    twice = [line for line, number in Counter(lines).items() if number > 1]
    assert not twice, f"said again: {twice}"
