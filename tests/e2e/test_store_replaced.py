"""Files of the database that go, come back or change while the daemon runs.

Each time the daemon runs at the end, says in a sentence what happened, and the bill is
what the kernel counted.
"""

from __future__ import annotations

import errno
import shutil
import signal
import socket
from typing import TYPE_CHECKING

import pytest

from tests.e2e.daemon import QUICK, SLOW, wait_for
from tests.e2e.disk import Call, FailingDisk
from tests.e2e.test_store_faults import locked, refusal
from tests.e2e.truth import NOTHING, billed, of_process, of_reason, raw, transfer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.e2e.daemon import Daemon, Esimmon
    from tests.e2e.places import Place
    from tests.lab import Both, Lab

ANEW = "esimmon has to be started again. esimmon starts anew.\n"


def counts_again(daemon: Daemon, said: str) -> None:
    """Wait until it is said, and until the new start writes."""
    wait_for(lambda: said in daemon.said(), said)
    wait_for(lambda: (daemon.ask("flush") or {}).get("flushed"), "a flush after that")
    assert "Traceback" not in daemon.said()


@pytest.mark.parametrize("suffix", ["-wal", "-shm", ".lock"])
def test_a_file_beside_the_database_is_removed_and_nothing_is_lost(
    lab: Lab, esimmon: Esimmon, suffix: str
) -> None:
    before = raw(lab.near)
    daemon = esimmon.start()
    pid, wire = transfer(lab, down=50_000)
    assert daemon.flush()
    esimmon.store.with_name(f"usage.db{suffix}").unlink()
    other, more = transfer(lab, down=70_000)
    counts_again(daemon, ANEW)
    report = esimmon.report()
    assert billed(report) == raw(lab.near) - before
    assert (of_process(report, pid), of_process(report, other)) == (wire, more)
    assert "in use by the process" in refusal(esimmon, "run")
    assert daemon.stop() == 0


def test_an_older_copy_that_is_put_in_its_place_goes_on_and_nothing_is_doubled(
    lab: Lab, esimmon: Esimmon
) -> None:
    before = raw(lab.near)
    daemon = esimmon.start()
    transfer(lab, down=50_000)
    assert daemon.flush()
    copy = esimmon.folder / "copy.tar"
    assert esimmon.call("backup", str(copy)).returncode == 0
    wait_for(lambda: list(esimmon.folder.glob("backups/*.db")), "the daily copy")
    (daily,) = esimmon.folder.glob("backups/*.db")
    pid, _ = transfer(lab, down=70_000)
    assert daemon.flush()
    shutil.copy(daily, esimmon.folder / "new")
    (esimmon.folder / "new").rename(esimmon.store)
    transfer(lab, down=30_000)
    counts_again(daemon, f"the database was replaced while it was in use; {ANEW}")
    report = esimmon.report()
    assert billed(report) == raw(lab.near) - before
    assert of_process(report, pid) != NOTHING
    assert of_reason(report, "over-explained") == NOTHING
    assert daemon.stop() == 0


def test_an_older_copy_put_beside_the_log_of_a_killed_daemon_is_not_mixed_with_it(
    lab: Lab, esimmon: Esimmon
) -> None:
    before = raw(lab.near)
    assert esimmon.start().stop() == 0
    daemon = esimmon.start()
    wait_for(lambda: list(esimmon.folder.glob("backups/*.db")), "the daily copy")
    (daily,) = esimmon.folder.glob("backups/*.db")
    transfer(lab, down=70_000)
    assert daemon.flush()
    daemon.kill()
    shutil.copy(daily, esimmon.store)
    assert "the log beside it belongs to another" in refusal(esimmon, "report")
    daemon = esimmon.start()
    said = daemon.said()
    assert said.startswith(f"esimmon: The log beside {esimmon.store} belongs to anoth")
    assert list(esimmon.folder.glob("usage.db.damaged-*-wal"))
    assert billed(esimmon.report()) == raw(lab.near) - before
    (alert,) = esimmon.alerts()
    assert (alert["kind"], alert["title"]) == (
        "monitor.blind",
        "esimmon had to mend its database",
    )
    assert daemon.stop() == 0


def test_a_database_that_is_moved_away_and_back_has_lost_nothing(
    lab: Lab, esimmon: Esimmon
) -> None:
    before = raw(lab.near)
    daemon = esimmon.start()
    away = esimmon.folder / "away.db"
    esimmon.store.rename(away)
    pid, wire = transfer(lab, down=50_000)
    wait_for(lambda: "Counting goes on in memory" in daemon.said(), "a word of it")
    away.rename(esimmon.store)
    counts_again(daemon, "nothing was lost")
    report = esimmon.report()
    assert billed(report) == raw(lab.near) - before
    assert of_process(report, pid) == wire
    assert daemon.stop() == 0


def test_a_database_that_is_damaged_under_the_daemon_is_restored_by_it(
    lab: Lab, esimmon: Esimmon
) -> None:
    before = raw(lab.near)
    assert esimmon.start().stop() == 0
    daemon = esimmon.start()
    wait_for(lambda: list(esimmon.folder.glob("backups/*.db")), "the daily copy")
    transfer(lab, down=50_000)
    assert daemon.flush()
    with esimmon.store.open("r+b") as file:
        file.write(b"\xa5" * esimmon.store.stat().st_size)
    esimmon.store.with_name("usage.db-wal").write_bytes(b"\xa5" * 100_000)
    transfer(lab, down=30_000)
    daemon.send(signal.SIGHUP)  # it reads then; else the hourly sums do
    counts_again(daemon, "was put in its place")
    assert list(esimmon.folder.glob("usage.db.damaged-*"))
    assert billed(esimmon.report()) == raw(lab.near) - before
    (alert,) = esimmon.alerts()
    assert "is kept as usage.db.damaged-" in alert["body"]
    assert daemon.stop() == 0


@pytest.fixture
def disk(folder: Path) -> FailingDisk:
    """A disk that fails when it is told to."""
    return FailingDisk(folder)


@pytest.fixture
def on_disk(
    disk: FailingDisk, root: Place, make: Callable[[Place], Esimmon]
) -> Esimmon:
    """The program with its database on it."""
    return make(root.given(**disk.environ))


@pytest.mark.needs("clang", "/usr/include/stdlib.h")
def test_a_disk_that_cannot_write_is_said_once_and_nothing_is_lost(
    lab: Lab, on_disk: Esimmon, disk: FailingDisk
) -> None:
    on_disk.configure(SLOW)
    before = raw(lab.near)
    daemon = on_disk.start()
    wires: dict[int, Both] = {}
    for calls in (Call.WRITE, Call.SYNC):
        disk.fail(calls, "usage.db-wal", error=errno.EIO)
        for _ in range(2):
            wires |= [transfer(lab, down=20_000)]
            assert not daemon.flush()
        disk.heal()
        assert daemon.flush()
    said = [line for line in daemon.said().splitlines() if "cannot write" not in line]
    failed = f"esimmon: {on_disk.store}: disk I/O error. Counting goes on in memory."
    healed = "esimmon: the database can be written again: nothing was lost"
    assert said == [failed, healed] * 2
    report = on_disk.report()
    assert billed(report) == raw(lab.near) - before
    assert {pid: of_process(report, pid) for pid in wires} == wires
    assert daemon.stop() == 0


def test_a_service_waits_for_a_database_that_it_cannot_open(
    lab: Lab, esimmon: Esimmon, folder: Path
) -> None:
    esimmon.configure(QUICK)
    before = raw(lab.near)
    assert esimmon.start().stop() == 0
    manager = folder / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
        link.bind(str(manager))
        link.settimeout(60)
        with locked(esimmon.store):
            daemon = esimmon.begin(NOTIFY_SOCKET=str(manager))
            told = link.recv(4096).decode()
            assert told.startswith("READY=1\nWATCHDOG=1\nSTATUS=not counting: ")
            assert "keeps the database locked" in told
            assert daemon.process.poll() is None
    transfer(lab, down=40_000)
    daemon.wait_ready()
    first, second = daemon.said().splitlines()
    assert first.endswith("names it. It is tried again every 5 s.")
    assert second.endswith("the database can be used again: counting begins")
    assert billed(esimmon.report()) == raw(lab.near) - before
    assert daemon.stop() == 0
