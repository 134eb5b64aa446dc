"""A new store, and every old one brought up to date, are the same."""

from __future__ import annotations

import re
import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from monitor.errors import StoreError
from monitor.store import migrations, queries, schema
from monitor.store.connection import engine_for
from monitor.store.engine import open_store
from monitor.usage import Interval, Traffic, total
from tests.unit.store.builders import contents
from tests.unit.store.children import in_child

FIXTURES = Path(__file__).parent / "fixtures"
OLD_STORES = sorted(FIXTURES.glob("schema-*.sql"))


def shapes(path: Path) -> dict[str, str]:
    """Each table and index as SQL, without differences of layout."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute(
            "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL"
        )
        return {
            name: re.sub(r"\s+|(?<=[(,])\s|\s(?=[),])", "", sql) for name, sql in rows
        }


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """A database of SQLite without a table."""
    path = tmp_path / "empty.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
    return path


@pytest.fixture(params=OLD_STORES, ids=lambda path: path.stem)
def old_store(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A store as an old version of esimmon left it; these files never change."""
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(request.param.read_text(encoding="utf-8"))
    return path


def test_the_migrations_end_where_the_metadata_is(empty: Path, tmp_path: Path) -> None:
    with engine_for(empty, "rw").connect() as connection:
        connection.connection.execute("PRAGMA foreign_keys = OFF")
        with connection.begin():
            migrations.migrate(connection)
    with open_store(tmp_path / "new.db", writable=True, create=True):
        assert shapes(empty) == shapes(tmp_path / "new.db")
    with closing(sqlite3.connect(empty)) as connection:
        found = connection.execute("SELECT version_num FROM alembic_version")
        assert found.fetchall() == [(schema.VERSION,)]


def test_the_newest_migration_has_the_number_of_the_schema() -> None:
    script = ScriptDirectory.from_config(migrations.configuration())
    assert script.get_heads() == [schema.VERSION]


def test_every_version_is_kept_as_a_file() -> None:
    script = ScriptDirectory.from_config(migrations.configuration())
    versions = sorted(revision.revision for revision in script.walk_revisions())
    assert [path.stem.removeprefix("schema-") for path in OLD_STORES] == versions


def test_an_old_store_opens_is_migrated_and_keeps_its_figures(
    old_store: Path, tmp_path: Path
) -> None:
    with open_store(old_store, writable=True, create=True) as store:
        assert store.notices == []
        period = Interval(1_741_046_400, 1_741_132_800)
        (row,) = queries.interface_bills(store, period)
        assert (row.name, row.network, row.billed) == ("wwan0", "if:wwan0", True)
        assert row.l3 == Traffic(300_000, 3000, 300, 3)
        assert row.counter == Traffic(304_200, 3042, 300, 3)
        rows = queries.explanation(store, period)
        assert {found.application for found in rows} == {"firefox", None}
        assert total(found.traffic for found in rows) == Traffic(270_000, 0, 270, 0)
        (process,) = queries.process_usage(store, period)
        assert process.exe == "/usr/bin/fire\udcfffox"
        assert len(queries.runs(store, period)) == 1
        assert len(queries.events(store, period)) == 1
    with open_store(tmp_path / "new.db", writable=True, create=True):
        assert shapes(old_store) == shapes(tmp_path / "new.db")


def test_a_migration_that_fails_changes_nothing(empty: Path) -> None:
    with closing(sqlite3.connect(empty)) as connection, connection:
        connection.execute("CREATE TABLE alembic_version (version_num TEXT NOT NULL)")
        connection.execute("CREATE TABLE unplaced (in_the_way TEXT)")
    before = shapes(empty)
    with pytest.raises(StoreError, match="unplaced already exists"):
        open_store(empty, writable=True)
    assert shapes(empty) == before


def test_a_migration_that_was_killed_in_the_middle_is_undone_and_done_again(
    old_store: Path, tmp_path: Path
) -> None:
    """Half of the pages are new, and the journal beside it has what they were."""
    killed = tmp_path / "killed" / "old.db"
    killed.parent.mkdir()
    shutil.copy(old_store, killed)
    with closing(sqlite3.connect(old_store, isolation_level=None)) as connection:
        connection.execute("PRAGMA cache_size = 1")  # so that the journal is written
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("CREATE TABLE half (done TEXT)")
        rows = [(str(number) * 500,) for number in range(200)]
        connection.executemany("INSERT INTO half VALUES (?)", rows)
        journal = f"{old_store.name}-journal"
        shutil.copy(old_store.with_name(journal), killed.with_name(journal))
        connection.execute("COMMIT")
    with killed.open("r+b") as file:  # the first page says how many there will be
        file.write(old_store.read_bytes()[:4096])
    with closing(sqlite3.connect(old_store)) as connection, connection:
        connection.execute("DROP TABLE half")
    for path in (killed, old_store):
        with open_store(path, writable=True, create=True) as store:
            assert store.notices == []
    assert contents(killed) == contents(old_store)


def test_alembic_is_not_imported_while_nothing_is_to_be_migrated(
    tmp_path: Path,
) -> None:
    def open_and_look() -> None:
        for name in [name for name in sys.modules if name.startswith("alembic")]:
            del sys.modules[name]
        with open_store(tmp_path / "usage.db", writable=True, create=True):
            pass
        with open_store(tmp_path / "usage.db", writable=True):
            assert not any(name.startswith("alembic") for name in sys.modules)

    in_child(open_and_look)
