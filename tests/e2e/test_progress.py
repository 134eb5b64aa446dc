"""Whoever waits for a large import sees how far it is; a pipe sees nothing of it."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests import vnstats
from tests.e2e.tmux import Tmux

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.needs("tmux", "vnstatd")

ROWS = 400_000  # of five minutes each: more than vnStat keeps, unless it is told to
_INTERFACE = """
INSERT INTO interface VALUES
(1, 'wlan0', '', 1, datetime('now', '-5 years'), datetime('now'), 0, 0, 0, 0)
"""
_MANY = """
WITH RECURSIVE at(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM at WHERE n + 1 < ?)
INSERT INTO fiveminute (interface, date, rx, tx)
SELECT 1, datetime((strftime('%s', 'now') / 300 - n) * 300, 'unixepoch'), 1000, 100
FROM at
"""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Five years of vnStat, every five minutes of them."""
    found = vnstats.make(tmp_path)
    with closing(sqlite3.connect(found)) as connection, connection:
        connection.execute(_INTERFACE)
        connection.execute(_MANY, (ROWS,))
    return found


def test_an_import_says_how_far_it_has_read(database: Path, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "monitor", "import", "vnstat", str(database)]
    words += ["--dry-run", "--yes", "--tz", "UTC", "--store", str(tmp_path / "s.db")]
    piped = tmp_path / "piped"
    with (
        piped.open("wb") as said,
        subprocess.Popen(words, stdout=said, stderr=said) as silent,
        Tmux(tmp_path, words) as terminal,
    ):
        try:
            screen = terminal.wait_for("reading: ")
            assert re.fullmatch(r"reading: (\d+ %|\d+ s)", screen.strip())
            terminal.wait_for("%")
        finally:
            silent.kill()
    assert piped.read_bytes() == b""
