"""A program that moves far more than it ever did at this hour of the week is told."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

from tests.e2e.daemon import QUICK, wait_for
from tests.e2e.truth import transfer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.daemon import Esimmon
    from tests.lab import Lab

RULE = '[unusual]\nfloor = "1 MB"\nweeks = 4\n'
METERED = f'{QUICK}\n[interfaces]\nmetered = ["wwan*"]\n\n{RULE}'
HOUR_S = 3600
WEEK_S = 7 * 24 * HOUR_S


def remember(store: Path, weeks: int, amount: int) -> None:
    """What was moved just now was moved at this hour of each of the last weeks."""
    hour_s = int(time.time()) // HOUR_S * HOUR_S
    with closing(sqlite3.connect(store)) as database, database:
        database.execute("UPDATE attachments SET from_s = from_s - ?", [10 * WEEK_S])
        for week in range(1, weeks + 1):
            at_s = hour_s - week * WEEK_S
            database.execute("INSERT INTO hours VALUES (?, ?)", [at_s, at_s + HOUR_S])
            database.execute(
                "INSERT OR IGNORE INTO hours_explanation "
                "SELECT ?, attachment_id, share_id, ?, 0, 100, 0 "
                "FROM spans JOIN explanation USING (span_id) "
                "JOIN shares USING (share_id) WHERE application_id > 0",
                [at_s, amount],
            )


def unusual(esimmon: Esimmon) -> list[dict[str, Any]]:
    """What of it is in the list."""
    return [each for each in esimmon.alerts() if each["kind"] == "app.unusual"]


def began(lab: Lab, esimmon: Esimmon, weeks: int, amount: int) -> None:
    """A store that knows a program and such hours of it."""
    esimmon.configure(METERED)
    daemon = esimmon.start()
    transfer(lab, down=10_000)
    assert daemon.stop() == 0
    remember(esimmon.store, weeks, amount)


def test_much_more_than_ever_at_this_hour_is_told_once(
    lab: Lab, esimmon: Esimmon
) -> None:
    began(lab, esimmon, weeks=5, amount=300_000)
    daemon = esimmon.start()
    transfer(lab, down=700_000)
    daemon.kill()
    # What was moved before the restart counts.
    daemon = esimmon.start()
    transfer(lab, down=700_000)
    wait_for(lambda: unusual(esimmon), "an alert")
    (alert,) = unusual(esimmon)
    assert alert["network"] == "if:wwan0"
    assert alert["detail"].startswith(f"{alert['application']}:1")
    assert "moved 1.4" in alert["title"]
    assert alert["body"].startswith(
        "Usual at this hour of the week: at most 300 kB. It is on wwan0."
    )
    daemon.kill()
    daemon = esimmon.start()
    transfer(lab, down=700_000)
    daemon.flush()
    assert unusual(esimmon) == [alert]
    assert daemon.stop() == 0


def test_what_it_does_each_week_and_what_is_not_known_is_not(
    lab: Lab, esimmon: Esimmon
) -> None:
    began(lab, esimmon, weeks=5, amount=900_000)
    daemon = esimmon.start()
    transfer(lab, down=2_000_000)
    daemon.flush()
    assert daemon.stop() == 0
    assert unusual(esimmon) == []


def test_in_the_first_weeks_it_is_silent(lab: Lab, esimmon: Esimmon) -> None:
    began(lab, esimmon, weeks=3, amount=300_000)
    daemon = esimmon.start()
    transfer(lab, down=2_000_000)
    daemon.flush()
    assert daemon.stop() == 0
    assert unusual(esimmon) == []
