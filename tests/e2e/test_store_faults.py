"""Databases that are missing, locked, read-only, damaged, foreign or too new."""

from __future__ import annotations

import hashlib
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.e2e.daemon import QUICK, SLOW, wait_for
from tests.e2e.places import Mounts
from tests.e2e.truth import NOTHING, billed, moved, of_process, raw, transfer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.daemon import Daemon, Esimmon
    from tests.e2e.places import Place
    from tests.lab import Lab

JOBS = ("backup", "habits", "retention", "roll-up")
"""Of the calendar, which complain for themselves."""
HOLD = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def locked(store: Path) -> Iterator[None]:
    """Another process keeps the database to itself."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(store)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    try:
        assert holder.stdout.readline() == "held\n"
        yield
    finally:
        holder.communicate()


def refusal(esimmon: Esimmon, *words: str) -> str:
    """The one sentence of a command that fails."""
    done = esimmon.call(*words)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    return done.stderr.strip()


def said_of_flushes(daemon: Daemon) -> list[str]:
    """What was said, but for what others say of the same fault: jobs, and an alert."""
    jobs = tuple(f"esimmon: {job}: " for job in JOBS)
    others = (*jobs, "esimmon: esimmon cannot write its database. ")
    return [line for line in daemon.said().splitlines() if not line.startswith(others)]


def test_without_a_database_a_report_says_how_to_begin(esimmon: Esimmon) -> None:
    assert refusal(esimmon, "report") == (
        f"esimmon: {esimmon.store}: there is no database yet; `esimmon run` starts "
        "counting and makes it."
    )
    assert not esimmon.store.exists()


def test_a_lock_of_another_program_is_said_once_and_nothing_is_lost(
    lab: Lab, esimmon: Esimmon
) -> None:
    esimmon.configure(
        SLOW
    )  # only what is asked for: a flush waits a second for the lock
    before = raw(lab.near)
    daemon = esimmon.start()
    with locked(esimmon.store):
        pid, wire = transfer(lab, down=100_000, comm="while-locked")
        assert not daemon.flush()
        # Readers do not wait; they see what was stored.
        assert of_process(esimmon.report(), pid) == NOTHING
        assert not daemon.flush()
    assert daemon.flush()

    refused, healed = said_of_flushes(daemon)
    assert refused == (
        f"esimmon: {esimmon.store}: another program keeps the database locked; "
        f"`fuser -v '{esimmon.store}'` names it. Counting goes on in memory."
    )
    assert healed == "esimmon: the database can be written again: nothing was lost"
    report = esimmon.report()
    assert billed(report) == raw(lab.near) - before
    assert of_process(report, pid) == wire


def test_a_daemon_does_not_start_on_a_locked_database(esimmon: Esimmon) -> None:
    assert esimmon.start().stop() == 0
    with locked(esimmon.store):
        assert "another program keeps the database locked" in refusal(esimmon, "run")
    assert not esimmon.pins().exists()
    assert esimmon.start().stop() == 0


def test_a_read_only_place_is_refused_and_can_be_reported_from(
    esimmon: Esimmon, root: Place
) -> None:
    assert esimmon.start().stop() == 0
    here = esimmon.folder
    read_only = (f"mount --bind {here} {here}", f"mount -o remount,ro,bind {here}")
    with Mounts(*read_only) as mounts:
        there = esimmon.at(root.behind(mounts))
        assert refusal(there, "run") == (
            f"esimmon: {esimmon.store}: the database cannot be written (read-only file "
            "or file system); make it writable or give another place with --store."
        )
        assert there.report()["store"] == str(esimmon.store)


def test_a_damaged_database_is_set_aside_and_the_backup_restored(
    lab: Lab, esimmon: Esimmon
) -> None:
    before = raw(lab.near)
    daemon = esimmon.start()
    kept, wire = transfer(lab, down=200_000, comm="kept")
    assert daemon.stop() == 0
    daemon = esimmon.start()  # each start makes a copy
    wait_for(lambda: list(esimmon.folder.glob("backups/*-????????.db")), "the backup")
    transfer(lab, down=100_000, comm="lost")
    assert daemon.stop() == 0
    damaged = _damage(esimmon.store)

    assert "the database is damaged" in refusal(esimmon, "report")
    assert _digest(esimmon.store) == damaged
    daemon = esimmon.start()
    (aside,) = esimmon.folder.glob("usage.db.damaged-*")
    assert _digest(aside) == damaged
    first, second, alert = daemon.said().splitlines()
    assert first.startswith(f"esimmon: {esimmon.store} was damaged (")
    assert first.endswith(f"; it is kept as {aside.name}.")
    (backup,) = esimmon.folder.glob("backups/*.db")
    assert second.startswith(f"esimmon: The backup {backup} was put in its place: ")
    assert alert.startswith("esimmon: esimmon had to mend its database. ")

    report = esimmon.report()
    assert of_process(report, kept) == wire
    # The counters of the interface tell even what the damaged file alone had.
    assert billed(report) == raw(lab.near) - before
    assert daemon.stop() == 0


def test_a_damaged_database_without_a_backup_begins_anew(
    lab: Lab, esimmon: Esimmon
) -> None:
    esimmon.configure(QUICK + "[store]\nbackups = 0\n")
    daemon = esimmon.start()
    transfer(lab, down=100_000)
    assert daemon.stop() == 0
    damaged = _damage(esimmon.store)

    daemon = esimmon.start()
    assert "There is no usable backup: the counting begins anew" in daemon.said()
    (aside,) = esimmon.folder.glob("usage.db.damaged-*")
    assert _digest(aside) == damaged
    pid, wire = transfer(lab, down=50_000)
    report = esimmon.report()
    assert of_process(report, pid) == moved(report["rows"]) == wire
    assert daemon.stop() == 0


def _damage(store: Path) -> str:
    """Overwrite the inside of a database; returns what it is then."""
    with store.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (store.stat().st_size - 4096))
    return _digest(store)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("command", ["run", "report"])
def test_a_database_of_a_later_version_is_left_alone(
    esimmon: Esimmon, command: str
) -> None:
    assert esimmon.start().stop() == 0
    with closing(sqlite3.connect(esimmon.store)) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    before = _digest(esimmon.store)

    assert "a later version of esimmon wrote it (schema 9999" in refusal(
        esimmon, command
    )
    assert _digest(esimmon.store) == before
    assert not list(esimmon.folder.glob("*damaged*"))


@pytest.mark.parametrize("command", ["run", "report"])
def test_a_database_of_another_program_is_left_alone(
    esimmon: Esimmon, command: str
) -> None:
    with closing(sqlite3.connect(esimmon.store)) as database, database:
        database.execute("CREATE TABLE precious (words TEXT)")
    before = _digest(esimmon.store)

    assert "is not a database of esimmon" in refusal(esimmon, command)
    assert _digest(esimmon.store) == before


def test_a_database_that_is_removed_under_the_daemon_is_said_once(
    lab: Lab, esimmon: Esimmon
) -> None:
    daemon = esimmon.start()
    esimmon.store.unlink()
    for _ in range(3):
        transfer(lab, down=10_000)
        assert not daemon.flush()
    (said,) = said_of_flushes(daemon)
    assert "the database was removed while it was in use" in said
    assert daemon.stop() == 0
    assert not esimmon.pins().exists()

    assert esimmon.start().stop() == 0
    assert esimmon.store.exists()
