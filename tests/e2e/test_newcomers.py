"""A program that never used metered data is told once, also after restarts."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from tests.e2e.daemon import QUICK
from tests.e2e.truth import transfer

if TYPE_CHECKING:
    from tests.e2e.daemon import Esimmon
    from tests.lab import Lab

METERED = f'{QUICK}\n[interfaces]\nmetered = ["wwan*"]\n'
WEEK_S = 7 * 86_400


def test_a_program_that_is_new_on_a_metered_network_is_told_once(
    lab: Lab, esimmon: Esimmon
) -> None:
    esimmon.configure(METERED)
    daemon = esimmon.start()
    transfer(lab, down=10_000)
    daemon.stop()
    assert esimmon.alerts() == []
    with closing(sqlite3.connect(esimmon.store)) as database:
        # The store is a week old, and knows of nobody.
        database.execute("UPDATE attachments SET from_s = from_s - ?", [WEEK_S])
        database.execute("DELETE FROM explanation")
        database.commit()
    for _ in range(2):
        daemon = esimmon.start()
        transfer(lab, down=600_000)
        daemon.flush()
        daemon.kill()
    daemon = esimmon.start()
    (alert,) = esimmon.alerts()
    assert alert["kind"] == "app.new"
    assert alert["network"] == "if:wwan0"
    assert alert["detail"].startswith(f"{alert['application']}:")
    transfer(lab, down=2_000_000)
    daemon.flush()
    assert esimmon.alerts() == [alert]
    assert daemon.stop() == 0


def test_a_new_store_learns_first(lab: Lab, esimmon: Esimmon) -> None:
    esimmon.configure(METERED)
    daemon = esimmon.start()
    transfer(lab, down=2_000_000)
    daemon.flush()
    assert daemon.stop() == 0
    assert esimmon.alerts() == []
