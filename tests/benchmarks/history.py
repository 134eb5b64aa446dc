"""A database as it is after years: 30 applications on 4 networks.

    python tests/benchmarks/history.py FILE [--years 3]

Each tier is filled for as long as it is kept, with bills that are what the rows of the
explanation say and a hundredth more. What is read of it costs what it costs of a real
one; its numbers are made up.
"""

from __future__ import annotations

import argparse
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from monitor.store.batch import Batch
from monitor.store.engine import open_store
from monitor.store.writer import Writer
from monitor.usage import Application, Attachment, Bill, Interval, Share, Traffic

APPLICATIONS = 30
NETWORKS = (
    Attachment("sim:8992000000000000001", "wwan0", billed=True, metered=True),
    Attachment("if:wlan0", "wlan0", billed=True, metered=False),
    Attachment("if:usb0", "usb0", billed=True, metered=True, tethered=True),
    Attachment("if:eth0", "eth0", billed=True),
)
HOUR_S, DAY_S = 3600, 86_400
_KEPT_DAYS = {"spans": 62, "hours": 400}
_BOOT = "b007b007-0000-4000-8000-000000000000"
# More in the evening than at night, more of some than of others; at one time on one
# network, and on each of them within a day.
_BYTES = "(1 + s / 3600 % 24) * (200000 / share_id) * {slots}"
# The same of the six hours of a day in which a network is used.
_DAY_BYTES = "(36 * network - 15) * (200000 / share_id) * 12"
_NETWORK = "1 + s / 21600 % 4"
_SHARES = "(SELECT share_id FROM shares WHERE share_id > 0)"
_AT = (
    "WITH RECURSIVE at(s) AS (SELECT {from_s} UNION ALL "
    "SELECT s + {step_s} FROM at WHERE s + {step_s} < {to_s}) "
)


def make_history(path: Path, years: int = 3, until_s: int | None = None) -> Path:
    """Make a database of so many years.

    Args:
        path: of the file, which must not be there.
        years: of 365 days.
        until_s: UTC second at which it ends, rounded down to a day; None for now.

    Returns:
        The same path.
    """
    end_s = int(time.time()) if until_s is None else until_s
    end_s -= end_s % DAY_S
    start_s = end_s - years * 365 * DAY_S
    with open_store(path, writable=True, create=True) as store, Writer(store) as writer:
        writer.start(_BOOT, start_s, "ebpf", "0.1.0", start_s - 1000)
        for at_s in (start_s, end_s - 10):
            writer.flush(_batch(at_s), at_s + 10, trusted=True)
        writer.stop(end_s)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(
            "DELETE FROM stale_hours; DELETE FROM hours; DELETE FROM days;"
            "DELETE FROM bill; DELETE FROM explanation; DELETE FROM spans;"
        )
        for tier, step_s in (("spans", 300), ("hours", HOUR_S), ("days", DAY_S)):
            kept_s = _KEPT_DAYS.get(tier, years * 365) * DAY_S
            from_s = max(start_s, end_s - kept_s)
            at = _AT.format(from_s=from_s, step_s=step_s, to_s=end_s)
            for statement in _statements(tier, step_s):
                connection.execute(statement.replace("AT ", at, 1))
            if tier != "days":
                values = (f"{tier}_purged_to_s", str(from_s))
                connection.execute("INSERT INTO meta VALUES (?, ?)", values)
    return path


def _batch(at_s: int) -> Batch:
    """All networks and applications once."""
    batch = Batch()
    span = Interval(at_s, at_s + 10)
    for where in NETWORKS:
        batch.bill[span, where] = Bill(Traffic(1), Traffic(1))
        for number in range(APPLICATIONS):
            application = Application(f"application-{number:02}", "executable")
            app_class = "background" if number % 3 == 0 else "interactive"
            share = Share(application, app_class=app_class, uid=1000)
            batch.explanation[span, where, share] = Traffic(1)
    return batch


def _statements(tier: str, step_s: int) -> list[str]:
    """How a tier is filled; all words in it are our own."""
    each = _DAY_BYTES if tier == "days" else _BYTES.format(slots=step_s // 300)
    moved = f"{each}, {each} / 9, {each} / 1000, {each} / 2000"
    summed = f"sum({each}) * 101 / 100, sum({each}) / 9, 1000, 1000"
    if tier == "spans":
        rows = {
            "spans": f"s, s, s + 300, {_NETWORK}, 1 FROM at",
            "bill": f"s, {summed}, {summed} FROM at, {_SHARES} GROUP BY s",
            "explanation": f"s, share_id, {moved} FROM at, {_SHARES}",
        }
    else:
        # A day has four rows for each share, one for each network.
        zone, networks, network = "", "", _NETWORK
        if tier == "days":
            networks = ", (SELECT attachment_id AS network FROM attachments)"
            zone, network = ", 'UTC'", "network"
        source = f"FROM at, {_SHARES}{networks}"
        rows = {
            tier: f"s, s + {step_s}{zone} FROM at",
            f"{tier}_bill": f"s, {network}, {summed}, {summed} {source} GROUP BY 1, 2",
            f"{tier}_explanation": f"s, {network}, share_id, {moved} {source}",
        }
    return [f"INSERT INTO {table} AT SELECT {row}" for table, row in rows.items()]


def main() -> None:
    """Make one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--years", type=int, default=3)
    options = parser.parse_args()
    began = time.perf_counter()
    make_history(options.file, options.years)
    size_mb = options.file.stat().st_size / 1e6
    print(f"{size_mb:.0f} MB in {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
