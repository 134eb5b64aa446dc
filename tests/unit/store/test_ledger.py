"""Entries of the ledger: once each, for ever, or a clear word about which is broken."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from monitor.errors import StoreBusyError, StoreError
from monitor.plans import entries as kinds
from monitor.plans.entries import Borrow, Entry, Sync, Topup
from monitor.plans.values import Bytes, Name, Second
from monitor.store import ledger, retention
from monitor.store.backup import back_up
from monitor.store.engine import open_store
from tests.unit.store.builders import DAY_S, T0
from tests.unit.store.children import run_child

if TYPE_CHECKING:
    from pathlib import Path

TOPUP = Topup(id=Name("t1"), ts=Second(T0), plan=Name("pk"), bytes=Bytes(10**9))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the store is; it is there."""
    made = tmp_path / "usage.db"
    open_store(made, writable=True, create=True).close()
    return made


def note(path: Path, *written: Entry) -> list[bool]:
    """Append them one after the other; which were new."""
    with open_store(path, writable=True) as store:
        return [ledger.append(store, each, T0 + 5, "root") for each in written]


def noted(path: Path, plan: str | None = None) -> list[Entry]:
    """What a reader finds."""
    with open_store(path, writable=False) as store:
        return [each.entry for each in ledger.entries(store, plan)]


def edit(path: Path, statement: str, *values: object) -> None:
    """What somebody does who can write the file and knows of the triggers."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for trigger in ("update", "delete", "replace"):
            connection.execute(f"DROP TRIGGER IF EXISTS ledger_{trigger}")
        connection.execute(statement, values)


def test_an_entry_comes_back_as_it_was_written(path: Path) -> None:
    borrowed = Borrow(
        id=Name("b"),
        ts=Second(T0 + 9),
        as_of=Second(T0),
        lender=Name("a"),
        borrower=Name("b"),
        bytes=Bytes(5),
    )
    note(path, TOPUP, borrowed)
    with open_store(path, writable=False) as store:
        assert ledger.entries(store) == [
            ledger.Noted(TOPUP, T0 + 5, "root"),
            ledger.Noted(borrowed, T0 + 5, "root"),
        ]


def test_a_plan_has_its_own_entries_and_those_of_each_plan(path: Path) -> None:
    of_each = replace(TOPUP, id=Name("t2"), plan=None)
    of_another = replace(TOPUP, id=Name("t3"), plan=Name("cn"))
    note(path, TOPUP, of_each, of_another)
    assert noted(path, "pk") == [TOPUP, of_each]
    assert noted(path) == [TOPUP, of_each, of_another]


def test_the_same_id_twice_is_one_entry(path: Path) -> None:
    assert note(path, TOPUP, TOPUP) == [True, False]
    said_later = replace(TOPUP, ts=Second(T0 + 60))
    assert note(path, said_later) == [False]
    assert noted(path) == [TOPUP]


def test_the_id_of_another_entry_is_refused(path: Path) -> None:
    note(path, TOPUP)
    others: list[Entry] = [
        replace(TOPUP, bytes=Bytes(1)),
        replace(TOPUP, plan=Name("cn")),
        Sync(id=TOPUP.id, ts=TOPUP.ts, plan=TOPUP.plan, used_bytes=Bytes(1)),
    ]
    for other in others:
        with pytest.raises(StoreError, match=r'an entry "t1" that says something else'):
            note(path, other)
    assert noted(path) == [TOPUP]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger SET body = '{}'",
        "DELETE FROM ledger",
        "REPLACE INTO ledger SELECT * FROM ledger",
        "REPLACE INTO ledger SELECT 9, id, 1, kind, plan, '', 1, by FROM ledger",
    ],
)
def test_the_database_itself_refuses_to_change_or_drop_an_entry(
    path: Path, statement: str
) -> None:
    note(path, TOPUP)
    with (
        closing(sqlite3.connect(path)) as connection,
        pytest.raises(sqlite3.IntegrityError, match="stay as they are"),
    ):
        connection.execute(statement)
    assert noted(path) == [TOPUP]


def test_neither_age_nor_a_lack_of_room_touches_the_ledger(path: Path) -> None:
    note(path, TOPUP)
    with open_store(path, writable=True) as store:
        limits = retention.Limits(slots_s=1, hours_s=1, processes_s=1, size_bytes=1)
        retention.purge(store, T0 + 4000 * DAY_S, limits)
        copy = back_up(store, T0)
    assert noted(path) == noted(copy) == [TOPUP]


def topup(**other: object) -> bytes:
    """A top-up as JSON, but for this."""
    fields = {"kind": "topup", "id": "t1", "ts": "2025-03-04T00:00:00Z", "bytes": 1}
    return json.dumps({**fields, "plan": "pk", **other}).encode()


HOSTILE = {
    "no JSON": b"not json",
    "not UTF-8": b'{"id":"\xff"}',
    "an unknown kind": topup(kind="gift"),
    "an unknown key": topup(size=1),
    "another type": topup(bytes="x"),
    "half a byte": topup(bytes=0.5),
    "another plan": topup(plan="cn"),
    "another id": topup(id="x\x1b[31m"),
    "a tower": b"[" * 100_000,
    "nothing": b"",
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_an_edited_entry_is_named_and_no_plan_is_judged_without_it(
    path: Path, body: bytes
) -> None:
    note(path, TOPUP)
    edit(path, "UPDATE ledger SET body = CAST(? AS TEXT)", body)
    with pytest.raises(
        StoreError, match=r'the entry "t1" of the ledger cannot be read'
    ):
        noted(path)
    with pytest.raises(StoreError, match=r'the entry "t1" of the ledger') as error:
        note(path, TOPUP)
    assert str(error.value).isprintable()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(
    names=st.lists(
        st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=8),
        min_size=1,
        max_size=6,
    )
)
def test_however_often_ids_come_each_is_one_row_in_order(
    tmp_path_factory: pytest.TempPathFactory, names: list[str]
) -> None:
    path = tmp_path_factory.mktemp("ledger") / "usage.db"
    written = [replace(TOPUP, id=Name(name)) for name in names]
    with open_store(path, writable=True, create=True) as store:
        for each in (*written, *written):
            ledger.append(store, each, T0, "root")
        found = [each.entry.id for each in ledger.entries(store)]
    assert found == list(dict.fromkeys(names))


def _patiently(path: Path) -> None:
    """Write as a command without a daemon does, whoever else writes."""
    for _ in range(500):
        try:
            note(path, TOPUP)
        except StoreBusyError:
            time.sleep(0.01)
        else:
            return
    raise AssertionError("the store stayed busy")


def test_two_processes_at_once_make_one_row(path: Path) -> None:
    children = []
    for _ in range(2):
        children.append(os.fork())
        if not children[-1]:
            os._exit(int(run_child(lambda: _patiently(path)) != 0))
    assert [os.waitpid(pid, 0)[1] for pid in children] == [0, 0]
    assert noted(path) == [TOPUP]


def test_every_kind_of_entry_is_known_to_the_store() -> None:
    tags = {ledger.kind_of(each) for each in _one_of_each()}
    assert tags == {
        *("activate", "attach", "topup", "transfer_in", "transfer_out", "borrow"),
        *("sync", "adjust", "renewal", "plan_change", "replacement", "revoke"),
        *("undo", "snooze"),
    }


def test_every_kind_of_entry_comes_back_as_it_was_written(path: Path) -> None:
    written = _one_of_each()
    note(path, *written)
    assert noted(path) == written


def _one_of_each() -> list[Entry]:
    more: dict[type, dict[str, object]] = {
        kinds.Topup: {"bytes": Bytes(1)},
        kinds.TransferIn: {"bytes": Bytes(1), "expires_at": Second(T0)},
        kinds.TransferOut: {"bytes": Bytes(1)},
        kinds.Borrow: {"lender": Name("a"), "borrower": Name("b"), "bytes": Bytes(1)},
        kinds.Adjust: {"delta_bytes": -5},
        kinds.PlanChange: {"mode": "next_cycle", "buckets": ()},
        kinds.Replacement: {"new_iccid": "8992 0000"},
        kinds.Revoke: {"lot": Name("main")},
        kinds.Undo: {"entry": Name("x")},
        kinds.Snooze: {"alert": Name("data.warning")},
    }
    every = kinds.Entry.__args__
    return [
        kind(id=Name(f"e{at}"), ts=Second(T0), **more.get(kind, {}))
        for at, kind in enumerate(every)
    ]
