"""Stores with plans and usage, and their commands as people call them."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from monitor import clock
from monitor.accounts import agreements
from monitor.cli import main
from monitor.plans.agreement import Agreement
from monitor.plans.refusals import read
from monitor.store.batch import Batch
from monitor.store.engine import open_store
from monitor.store.writer import Writer
from monitor.usage import Application, Attachment, Bill, Interval, Share, Traffic

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pytest

BOOT = "b007b007-0000-4000-8000-000000000001"
GB = 10**9
MB = 10**6


class Moved(NamedTuple):
    """Bytes received in the minute that begins then.

    Attributes:
        at: an instant such as "2025-06-11T10:00Z".
        rx_bytes: how many.
        device: over which interface.
        app: by which application; empty for nobody.
    """

    at: str
    rx_bytes: int
    device: str = "wwan0"
    app: str = ""


def second(text: str) -> int:
    """UTC seconds of an instant."""
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp())


def agreement(table: dict[str, Any], position: int = 0) -> Agreement:
    """A plan with its patterns, members and so on, as JSON would say it."""
    given = {"patterns": ["wwan*"], **table, "position": position}
    return read(given, Agreement, "agreement")


def make_store(
    path: Path, plans: Iterable[dict[str, Any]], moved: Iterable[Moved] = ()
) -> Path:
    """Write a store in which a daemon had these plans and counted this."""
    with open_store(path, writable=True, create=True) as store, Writer(store) as writer:
        agreed = [agreement(table, at) for at, table in enumerate(plans)]
        agreements.keep(store, agreed, 0)
        writer.start(BOOT, second("2025-01-01T00:00Z"), "ebpf", "0.1.0", 0)
        for each in moved:
            from_s = second(each.at)
            writer.flush(_batch(each, from_s), from_s + 60, trusted=True)
    return path


def _batch(moved: Moved, from_s: int) -> Batch:
    when = Interval(from_s, from_s + 60)
    where = Attachment(f"if:{moved.device}", moved.device, billed=True)
    traffic = Traffic(moved.rx_bytes, 0, 1, 0)
    batch = Batch(bill={(when, where): Bill(traffic, traffic)})
    if moved.app:
        share = Share(Application(moved.app, "executable"))
        batch.explanation[when, where, share] = traffic
    return batch


class Prompt:
    """Someone who types commands on one store, at a time and in a zone."""

    def __init__(
        self,
        store: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        self.store = store
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def is_at(self, now: str, zone: str = "") -> None:
        """The clock shows that, and this machine is there."""
        now_s = second(now)
        self._monkeypatch.setattr(clock, "now_s", lambda: now_s)
        if zone:
            self._monkeypatch.setenv("TZ", zone)

    def plan(self, *words: str, status: int = 0) -> str:
        """Type `esimmon plan ...`; what it answers, or what is wrong."""
        return self.type("plan", *words, status=status)

    def type(self, group: str, verb: str, *rest: str, status: int = 0) -> str:
        """The same of another group."""
        found = main([group, verb, "--store", str(self.store), *rest])
        out, err = self._capsys.readouterr()
        assert found == status, (out, err)
        if status:
            assert out == ""
            assert err.startswith("esimmon: ")
            assert err.count("\n") == 1, err
            return err.removeprefix("esimmon: ").rstrip("\n")
        assert err == ""
        return out.rstrip("\n")

    def json(self, *words: str) -> dict[str, Any]:
        """The same for programs."""
        found: dict[str, Any] = json.loads(self.plan(*words, "--json"))
        return found

    def rows(self) -> list[tuple[str, str]]:
        """Ids and kinds of the ledger as they are in the file."""
        with closing(sqlite3.connect(self.store)) as connection:
            return connection.execute(
                "SELECT id, kind FROM ledger ORDER BY entry_no"
            ).fetchall()
