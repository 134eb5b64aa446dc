"""Works on a database that are killed in the middle, one by one.

Each is made in a folder of its own, done there by a process that can be killed, and
judged by what SQLite finds in a copy of the file: all that was there before, or all
that is there after it. What goes on in many transactions (roll-up, retention) never
changes a sum.

As a script this is the process that does them, in a child each: it reads which, and in
which folder, and says how the child ended.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import sys
from collections import Counter
from contextlib import closing, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest import mock

from monitor import clock
from monitor.cli import main as esimmon
from monitor.store import archive, queries, rescue
from monitor.store.backup import back_up
from monitor.store.engine import open_store
from monitor.store.retention import purge
from monitor.store.rollups import roll_up
from monitor.usage import Interval
from monitor.zones import local_zone
from tests import vnstats
from tests.endurance.looking import copied
from tests.unit.commands import (
    plan_stores,
    stores,
    test_backup,
    test_import_device,
    test_import_vnstat,
)
from tests.unit.store.builders import contents, writing
from tests.unit.store.history import NOW_S, SHORT, UTC_ZONE, history

if TYPE_CHECKING:
    from collections.abc import Callable

_STORE = "usage.db"
_EVER = Interval(0, 1 << 40)
# When it was done is another second each time.
_MOVING = {"ledger": ("ts_s", "body", "noted_s"), "meta": ("value",)}


class Work(NamedTuple):
    """Something that writes.

    Attributes:
        make: all that it needs, in an empty folder.
        do: the work; returns the exit status.
        seen: what is there, as far as it must be as before or as after.
        settle: what any next command does first.
    """

    make: Callable[[Path], object]
    do: Callable[[Path], int]
    seen: Callable[[Path], object]
    settle: Callable[[Path], object] = lambda _: None


def own(folder: Path) -> tuple[str, ...]:
    """Options of every command here."""
    return "--store", str(folder / _STORE), "--config", str(folder / "config.toml")


def call(folder: Path, *words: str) -> int:
    """Run a command on the database of a folder."""
    if not (folder / "config.toml").exists():
        (folder / "config.toml").write_text("")
    with redirect_stdout(sys.stderr):
        return esimmon([*words, *own(folder)])


# ---- what is seen ----


def rows(folder: Path) -> dict[str, object]:
    """Every row of every table, but for when it was written; and the plans."""
    plans = {each.name: each.read_text() for each in folder.glob("plans.d/*.toml")}
    with copied(folder / _STORE, folder.with_name("aside")) as (copy, connection):
        (verdict,) = connection.execute("PRAGMA integrity_check").fetchone()
        assert verdict == "ok", verdict
        found: dict[str, Any] = {**contents(copy), "plans": plans}
        for table, columns in _MOVING.items():
            if table in found:
                names = [
                    name
                    for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")
                ]
                kept = [at for at, name in enumerate(names) if name not in columns]
                found[table] = [tuple(row[at] for at in kept) for row in found[table]]
    return found


def sums(folder: Path) -> object:
    """All that was ever billed and explained, whichever rows hold it."""
    with copied(folder / _STORE, folder.with_name("aside")) as (copy, connection):
        (verdict,) = connection.execute("PRAGMA integrity_check").fetchone()
        assert verdict == "ok", verdict
        connection.close()
        with open_store(copy, writable=False) as store:
            bills: Counter[object] = Counter()
            for bill in queries.interface_bills(store, _EVER):
                bills[bill.name, "rx"] += bill.counter.rx_bytes
                bills[bill.name, "tx"] += bill.counter.tx_bytes
            for row in queries.explanation(store, _EVER):
                bills[row.application, row.share_kind] += row.traffic.bytes
    return +bills


def _copies(folder: Path) -> dict[str, object]:
    """Which copies are there, each of them whole."""
    found = sorted(folder.glob("backups/usage-????????.db"))
    assert all(not rescue.flaw(each, "ro") for each in found)
    return {"copies": len(found), **rows(folder)}


def _file(folder: Path) -> dict[str, object]:
    """Whether the file of a backup is there; then it is whole."""
    file = folder / "backup.tar"
    if file.exists():
        archive.read(file, folder.with_name("taken-out"), lambda *_: None)
    return {"file": file.exists(), **rows(folder)}


# ---- migration ----

OLD = sorted(test_backup.OLD)[:-1]


def _migrating(script: Path) -> Work:
    def make(folder: Path) -> None:
        with closing(sqlite3.connect(folder / _STORE)) as connection:
            connection.executescript(script.read_text(encoding="utf-8"))

    def do(folder: Path) -> int:
        open_store(folder / _STORE, writable=True, create=True).close()
        return 0

    return Work(make, do, rows)


# ---- the calendar's ----


def _make_days(folder: Path) -> None:
    with writing(folder / _STORE) as (_, writer):
        writer.flush(history(), NOW_S, trusted=True)


def _make_old_days(folder: Path) -> None:
    _make_days(folder)
    _roll_up(folder)


def _roll_up(folder: Path) -> int:
    with open_store(folder / _STORE, writable=True) as store:
        roll_up(store, NOW_S, UTC_ZONE)
    return 0


def _purge(folder: Path) -> int:
    with open_store(folder / _STORE, writable=True) as store:
        purge(store, NOW_S, SHORT)
    return 0


def _back_up(folder: Path) -> int:
    with open_store(folder / _STORE, writable=True) as store:
        back_up(store, clock.now_s())
    return 0


# ---- commands ----


def _make_plans(folder: Path) -> None:
    plan_stores.make_store(folder / _STORE, [])
    (folder / "plans.d").mkdir()
    (folder / "plans.d/phone.toml").write_text(
        'quota = "1 GB"\nevery = "month"\nmatch.interface = "wwan0"\n'
    )


def _top_up(folder: Path) -> int:
    return call(folder, "plan", "topup", "phone", "1GB", "--id", "t1")


def _make_known(folder: Path) -> None:
    stores.make_store(folder / _STORE)
    _back_up(folder)


def _forget(folder: Path) -> int:
    return call(folder, "data", "forget", "--everything", "--yes")


def _make_backup(folder: Path) -> None:
    place = test_backup.Place(folder / "there")
    place.fill()
    with redirect_stdout(sys.stderr):
        assert place("backup", str(folder / "backup.tar")) == 0
    shutil.rmtree(place.folder)
    plan_stores.make_store(folder / _STORE, [], [plan_stores.Moved("2025-06-12", 9)])
    (folder / "plans.d").mkdir()
    (folder / "plans.d/mine.toml").write_text(test_backup.PLAN)


def _restore(folder: Path) -> int:
    return call(folder, "restore", str(folder / "backup.tar"))


def _look(folder: Path) -> None:
    assert call(folder, "config", "check") == 0


def _back_up_by_hand(folder: Path) -> int:
    return call(folder, "backup", "--force", str(folder / "backup.tar"))


def _make_vnstat(folder: Path) -> None:
    stores.make_store(folder / _STORE)
    (folder / "vnstat").mkdir()
    seen = test_import_vnstat.history(clock.now_s() - 100, 5)
    database = vnstats.make(folder / "vnstat")
    vnstats.fill(database, "wlan0", seen, local_zone({}))


def _import_vnstat(folder: Path) -> int:
    return call(folder, "import", "vnstat", str(folder / "vnstat/vnstat.db"), "--yes")


def _make_device(folder: Path) -> None:
    there, here = folder / "there.db", folder / _STORE
    test_import_device.count(there, test_import_device.cycle(), 1000)
    with (
        redirect_stdout(sys.stderr),
        mock.patch.object(archive, "machine_name", return_value="a" * 64),
    ):
        test_import_device.exported(there, folder / "amina.json")
    test_import_device.count(here, (clock.now_s() - 50, clock.now_s() - 40), 0)
    (folder / "plans.d").mkdir()
    (folder / "plans.d/family.toml").write_text(test_import_device.PLAN)
    with redirect_stdout(sys.stderr):
        test_import_device.bound(here)


def _import_device(folder: Path) -> int:
    words = ("--plan", "family", "--member", "amina", "--network", "sim:1")
    return call(folder, "import", "device", str(folder / "amina.json"), *words)


WORKS = {
    **{f"migration {path.stem}": _migrating(path) for path in OLD},
    "roll-up": Work(_make_days, _roll_up, sums),
    "retention": Work(_make_old_days, _purge, sums),
    "daily copy": Work(_make_days, _back_up, _copies),
    "backup": Work(_make_days, _back_up_by_hand, _file),
    "restore": Work(_make_backup, _restore, rows, _look),
    "forget": Work(_make_known, _forget, rows),
    "import vnstat": Work(_make_vnstat, _import_vnstat, sums),
    "import device": Work(_make_device, _import_device, sums),
    "topup": Work(_make_plans, _top_up, rows),
}


def _child(name: str, folder: Path) -> None:
    """Do a work, without a word."""
    quiet = os.open(folder.with_name("said"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    os._exit(WORKS[name].do(folder))


def main() -> None:
    """Do what each line says, in a child of its own."""
    for line in sys.stdin:
        name, folder = json.loads(line)
        pid = os.fork()
        if not pid:
            try:
                _child(name, Path(folder))
            finally:
                os._exit(70)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
