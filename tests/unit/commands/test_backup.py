"""`esimmon backup` and `esimmon restore`: everything moves in one file, or nothing."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import sys
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from monitor.cli import main
from monitor.store import begun, queries
from monitor.store.engine import open_store
from monitor.store.lock import WriterLock
from monitor.store.schema import VERSION
from monitor.usage import Interval
from tests.unit.commands.stores import HOURS, START_S, make_store
from tests.unit.store.builders import contents
from tests.unit.store.children import killed_in

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PLAN = 'quota = "1 GB"\nevery = "month"\nmatch.interface = "wwan0"\n'
WHOLE = Interval(START_S, START_S + HOURS * 3600)
OLD = sorted((Path(__file__).parents[1] / "store/fixtures").glob("schema-*.sql"))


class Place:
    """A folder with a store, plans and a configuration of its own."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder, self.store = folder, folder / "usage.db"
        self.config = folder / "config.toml"

    def fill(self) -> None:
        """Usage, a plan and a setting."""
        make_store(self.store)
        (self.folder / "plans.d").mkdir()
        (self.folder / "plans.d/home.toml").write_text(PLAN)
        self.config.write_text("[sampling]\ntick = '20 s'\n")

    def __call__(self, *words: str) -> int:
        """Call esimmon here."""
        given = ["--store", str(self.store)]
        if self.config.exists():
            given += ["--config", str(self.config)]
        return main([*words, *given])


@pytest.fixture
def here(tmp_path: Path) -> Place:
    """A machine on which was counted."""
    place = Place(tmp_path / "here")
    place.fill()
    return place


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A machine on which nothing ever was."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "there"))
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    place = Place(tmp_path / "there")
    place.config = tmp_path / "there/esimmon/config.toml"
    return place


def counted(store: Path) -> object:
    """What was counted, all of it."""
    with open_store(store, writable=False) as opened:
        return queries.interface_bills(opened, WHOLE), queries.explanation(
            opened, WHOLE
        )


def test_all_moves_to_another_machine_in_one_file(
    here: Place, there: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "backup.tar"
    assert here("backup", str(file)) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"Written: {file}, ")
    assert said.endswith(": usage, 1 plan file, the configuration.\n")
    assert file.stat().st_mode & 0o777 == 0o600
    assert there("restore", str(file)) == 0
    said = capsys.readouterr().out
    assert "usage from 2025-06-11 to 2025-06-11 02:00, 1 plan file" in said
    assert said.endswith("next: esimmon run\n")
    assert counted(there.store) == counted(here.store)
    assert (there.folder / "plans.d/home.toml").read_text() == PLAN
    assert there.config.read_text() == here.config.read_text()
    left = {each.name for each in there.folder.iterdir()}
    assert left == {"usage.db", "usage.db.lock", "plans.d", "esimmon"}


def test_a_file_that_is_there_is_only_replaced_by_force(
    here: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "backup.tar"
    file.write_text("mine")
    assert here("backup", str(file)) == 2
    assert "is there already: give --force" in capsys.readouterr().err
    assert here("backup", str(tmp_path)) == 2
    assert file.read_text() == "mine"
    assert here("backup", "--force", str(file)) == 0
    assert [each.name for each in tmp_path.glob("backup*")] == ["backup.tar"]


def test_what_was_here_is_kept(
    here: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "backup.tar"
    assert here("backup", str(file)) == 0
    before = contents(here.store)
    (here.folder / "plans.d/other.toml").write_text(
        PLAN.replace("wwan0", "usb0").replace("1 GB", "2 GB")
    )
    here.config.write_text("")
    capsys.readouterr()
    for _ in range(2):
        assert here("restore", str(file)) == 0
    said = capsys.readouterr().out
    kept = sorted(here.folder.glob("*.replaced-*"))
    assert len(kept) == 4
    assert all(f"What was here is kept as {path}." in said for path in kept)
    assert "The configuration here differs from the backup's and was kept" in said
    assert here.config.read_text() == ""
    assert [each.name for each in (here.folder / "plans.d").iterdir()] == ["home.toml"]
    databases = [path for path in kept if path.is_file()]
    assert contents(databases[0]) == before
    folders = [path for path in kept if path.is_dir()]
    assert len(list(folders[0].iterdir())) == 2


def test_a_daily_copy_can_be_restored_and_leaves_the_plans(
    here: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "usage-20250611.db"
    shutil.copy(here.store, copy)
    before = counted(here.store)
    here.store.unlink()
    assert here("restore", str(copy)) == 0
    assert "plan file" not in capsys.readouterr().out
    assert counted(here.store) == before
    assert (here.folder / "plans.d/home.toml").read_text() == PLAN


@pytest.mark.parametrize("old", OLD, ids=lambda path: path.stem)
def test_a_copy_of_an_older_version_is_brought_up_to_date(
    old: Path, there: Place, tmp_path: Path
) -> None:
    copy = tmp_path / "old.db"
    with closing(sqlite3.connect(copy)) as connection:
        connection.executescript(old.read_text(encoding="utf-8"))
    assert there("restore", str(copy)) == 0
    assert contents(there.store)["alembic_version"] == [(VERSION,)]


def changed(path: Path, *statements: str) -> Path:
    """A database after some statements."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)
    return path


@pytest.mark.parametrize(
    ("statements", "words"),
    [
        (("UPDATE alembic_version SET version_num = '9999'",), "a later version"),
        (("DROP TABLE bill",), "damaged|no such table"),
        (("PRAGMA application_id = 1",), "is damaged|not a database of esimmon"),
        (("CREATE TABLE more (x)",), "no backup of esimmon"),
        (("CREATE VIEW more AS SELECT 1",), "no backup of esimmon"),
        (
            ("CREATE TRIGGER t AFTER INSERT ON runs BEGIN DELETE FROM bill; END",),
            "no backup of esimmon",
        ),
    ],
)
def test_a_database_that_is_not_as_ours_changes_nothing(
    statements: Sequence[str],
    words: str,
    here: Place,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    copy = tmp_path / "copy.db"
    shutil.copy(here.store, copy)
    changed(copy, *statements)
    before = contents(here.store)
    assert here("restore", str(copy)) == 1
    error = capsys.readouterr().err
    assert any(word in error for word in words.split("|")), error
    assert contents(here.store) == before
    assert not list(here.folder.glob("*.restor*"))


@pytest.mark.parametrize("body", [b"", b"x" * 5000, b"SQLite format 3\0" + b"\1" * 90])
def test_what_is_no_backup_changes_nothing(
    body: bytes, here: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "some.file"
    file.write_bytes(body)
    before = contents(here.store)
    assert here("restore", str(file)) == 1
    assert str(file) in capsys.readouterr().err
    absent = tmp_path / "absent"
    assert here("restore", str(absent)) == 1
    assert f"esimmon: {absent}: there is no such file." in capsys.readouterr().err
    assert here("backup", str(absent / "file")) == 1
    sentence = f"esimmon: {absent / 'file'}: there is no folder {absent}.\n"
    assert capsys.readouterr().err == sentence
    assert contents(here.store) == before


def test_plans_that_do_not_go_with_the_configuration_change_nothing(
    here: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "backup.tar"
    assert here("backup", str(file)) == 0
    (here.folder / "plans.d/home.toml").unlink()
    here.config.write_text(f'[[plan]]\nid = "home"\n{PLAN}')
    before = contents(here.store)
    assert here("restore", str(file)) == 1
    error = capsys.readouterr().err
    assert f'{file}: plans.d/home.toml: the plan "home" is in' in error
    assert "Nothing was restored." in error
    assert contents(here.store) == before


def test_a_daemon_must_be_stopped_first(
    here: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "backup.tar"
    assert here("backup", str(file)) == 0
    with WriterLock(here.store):
        assert here("restore", str(file)) == 1
    assert "A daemon that counts must be stopped first" in capsys.readouterr().err


def test_on_another_machine_counting_begins_anew_from_its_devices(
    here: Place,
    there: Place,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    names = iter(["one", "another", "another"])
    monkeypatch.setattr("monitor.store.archive.machine_name", lambda: next(names))
    file = tmp_path / "backup.tar"
    changed(
        here.store, "INSERT INTO device_checkpoints VALUES (2, 'wwan0', 1, 1, 1, 1)"
    )
    assert here("backup", str(file)) == 0
    assert there("restore", str(file)) == 0
    assert "It is from another machine" in capsys.readouterr().out
    assert contents(there.store)["device_checkpoints"] == []
    facts = [row[0] for row in contents(there.store)["meta"]]
    assert "checkpoint_boot_id" not in facts


def state(place: Place) -> object:
    """What the next command finds: what was counted, and the plans."""
    assert place("config", "check") == 0
    assert not begun.is_restore_begun(place.store)
    return counted(place.store), (place.folder / "plans.d/home.toml").read_text()


def test_a_kill_at_any_moment_leaves_all_of_the_old_or_all_of_the_new(
    here: Place, tmp_path: Path
) -> None:
    file = tmp_path / "backup.tar"
    (here.folder / "plans.d/home.toml").write_text(PLAN.replace("1 GB", "9 GB"))
    changed(here.store, "DELETE FROM bill WHERE span_id % 2")
    new = state(here)
    assert here("backup", str(file)) == 0
    saved = tmp_path / "saved"
    shutil.rmtree(here.folder / "plans.d")
    here.store.unlink()
    make_store(here.store)
    (here.folder / "plans.d").mkdir()
    (here.folder / "plans.d/home.toml").write_text(PLAN)
    old = state(here)
    here.folder.rename(saved)
    seen = []
    for step in range(400):
        shutil.rmtree(here.folder, ignore_errors=True)
        shutil.copytree(saved, here.folder)
        dying = partial(dies_at, step, partial(here, "restore", str(file)))
        if not killed_in(dying):
            break
        seen.append(state(here) == new)
        assert seen[-1] or state(here) == old
        assert here("restore", str(file)) == 0
        assert state(here) == new
    assert state(here) == new
    assert seen == sorted(seen)
    assert {True, False} == set(seen)


def dies_at(step: int, work: Callable[[], int]) -> None:
    """Work until the file system is changed for that many times."""
    left = [step]

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        changes = event in ("os.rename", "os.remove", "os.rmdir", "os.mkdir")
        if event == "open":
            changes = bool(int(str(arguments[2] or 0)) & (os.O_WRONLY | os.O_RDWR))
        if changes:
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    assert work() == 0


@pytest.mark.needs("root")
def test_what_root_restores_belongs_to_whose_store_it_is(
    here: Place, tmp_path: Path
) -> None:
    file = tmp_path / "backup.tar"
    assert here("backup", str(file)) == 0
    for path in (here.folder, *here.folder.rglob("*")):
        os.chown(path, 4242, 4242)
    assert here("restore", str(file)) == 0
    for path in (here.store, *(here.folder / "plans.d").rglob("*")):
        assert path.stat().st_uid == 4242, path
    assert (here.folder / "plans.d").stat().st_uid == 4242
