"""Flipped bits and cut ends of a real store, and what the start makes of each."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING, Final

from monitor.errors import EsimmonError
from monitor.store.engine import open_store

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from tests.endurance.bench import Bench

RESTORED: Final = "found at the start, set aside, the backup restored"
REFUSED: Final = "refused with a sentence"
HARMLESS: Final = "nothing that is kept was changed"
UNSEEN: Final = "a value was changed, and nothing in the file can tell"
HOLES: Final = "a value was changed, and a full check of the file can tell"
KINDS: Final = (RESTORED, REFUSED, HARMLESS, UNSEEN, HOLES)

_ALL: Final = "SELECT * FROM "
_CUTS: Final = 10  # of so many trials one is a cut instead of a flip
_STARTS: Final = 20  # of so many trials one is started as a daemon, too


def flips(bench: Bench, times: int, chance: random.Random) -> Counter[str]:
    """Try some.

    Args:
        bench: has the store.
        times: how many.
        chance: which.

    Returns:
        How many came to which end.

    Raises:
        AssertionError: a promise was broken; says by what.
    """
    found: Counter[str] = Counter()
    was = contents(bench.stopped / "usage.db")
    for number in range(times):
        esimmon = bench.trial(bench.stopped)
        what = hurt(esimmon.store, chance, cut=number % _CUTS == 0)
        kind = outcome(esimmon.store, was)
        found[kind] += 1
        assert kind != HOLES, what
        if number % _STARTS == 0 and kind in {RESTORED, HARMLESS}:
            shutil.rmtree(esimmon.store.parent)
            shutil.copytree(bench.stopped, esimmon.store.parent)
            what(esimmon.store)
            bench.settle(esimmon)
        esimmon.close()
    return found


def contents(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, as bytes where it is text: it need not be that.

    Args:
        path: of the database.
    """
    with closing(sqlite3.connect(path)) as database:
        database.text_factory = bytes
        found = database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        names = [bytes(name).decode() for (name,) in found]
        return {name: list(database.execute(_ALL + name)) for name in names}


class Hurt:
    """What is done to a file; it can be done again, and says what it is."""

    def __init__(self, at: int, bit: int | None) -> None:
        """Flip a bit of the byte at `at`, or cut the file there if `bit` is None."""
        self._at, self._bit = at, bit

    def __call__(self, path: Path) -> None:
        """Do it to a file."""
        if self._bit is None:
            os.truncate(path, self._at)
            return
        with path.open("r+b") as file:
            file.seek(self._at)
            (byte,) = file.read(1)
            file.seek(self._at)
            file.write(bytes([byte ^ 1 << self._bit]))

    def __repr__(self) -> str:
        done = "cut" if self._bit is None else f"bit {self._bit} flipped"
        return f"{done} at byte {self._at}"


def hurt(path: Path, chance: random.Random, *, cut: bool) -> Hurt:
    """Do something to a file, and say what.

    Args:
        path: of the database.
        chance: where.
        cut: take its end away, in place of a flip.
    """
    at = chance.randrange(1, path.stat().st_size)
    done = Hurt(at, None if cut else chance.randrange(8))
    done(path)
    return done


def outcome(path: Path, was: dict[str, list[tuple[object, ...]]]) -> str:
    """What the start makes of a store.

    Args:
        path: of the database, which is hurt.
        was: what it held.

    Raises:
        Exception: something that is no sentence.
    """
    with closing(sqlite3.connect(path)) as database:
        try:
            full = database.execute("PRAGMA integrity_check").fetchone()
        except (sqlite3.DatabaseError, UnicodeDecodeError):
            full = ()
    try:
        with open_store(path, writable=True, create=True) as store:
            if store.notices:
                return RESTORED
    except EsimmonError:
        return REFUSED
    try:
        if contents(path) == was:
            return HARMLESS
    except (sqlite3.Error, UnicodeDecodeError):
        pass  # the name of a column
    return UNSEEN if full == ("ok",) else HOLES
