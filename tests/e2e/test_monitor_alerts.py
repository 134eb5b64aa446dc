"""What was moved without a daemon, and a daemon that sees less, are told once."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from monitor.clock import SECOND_NS
from monitor.store.meta import CHECKPOINT_BOOTTIME_NS
from tests.e2e.daemon import QUICK
from tests.e2e.places import Mounts, without_libbpf
from tests.e2e.truth import transfer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.daemon import Esimmon
    from tests.e2e.places import Place
    from tests.lab import Lab

METERED = f'{QUICK}\n[interfaces]\nmetered = ["wwan*"]\n'
HOUR_S = 3600


def miss(esimmon: Esimmon, lab: Lab) -> None:
    """Let an hour pass without a daemon, in which 2 MB are moved."""
    with closing(sqlite3.connect(esimmon.store)) as database:
        database.execute("UPDATE runs SET to_s = to_s - ?", (HOUR_S,))
        database.execute(
            "UPDATE meta SET value = value - ? WHERE key = ?",
            (HOUR_S * SECOND_NS, CHECKPOINT_BOOTTIME_NS),
        )
        database.commit()
    transfer(lab, down=2_000_000)


def told(esimmon: Esimmon) -> list[dict[str, Any]]:
    """The alerts of a run that begins now and ends."""
    daemon = esimmon.start()
    daemon.flush()
    assert daemon.stop() == 0
    return esimmon.alerts()


@pytest.mark.parametrize("off", ["", '[alerts]\noff = ["monitor.*"]\n'])
def test_what_was_moved_while_nobody_counted_is_told_once(
    lab: Lab, esimmon: Esimmon, off: str
) -> None:
    esimmon.configure(METERED + off)
    assert told(esimmon) == []
    miss(esimmon, lab)
    found = told(esimmon)
    assert told(esimmon) == found
    if off:
        assert found == []
        return
    (alert,) = found
    assert alert["kind"] == "monitor.blind"
    assert int(alert["detail"]) >= 2_000_000
    assert alert["title"].endswith("MB were moved while esimmon did not run")
    assert "nobody knows by what" in alert["body"]


def test_what_costs_nothing_may_be_moved_unseen(lab: Lab, esimmon: Esimmon) -> None:
    esimmon.configure(METERED.replace("metered", "unmetered"))
    assert told(esimmon) == []
    miss(esimmon, lab)
    assert told(esimmon) == []


def test_a_daemon_that_sees_less_than_before_says_so_until_it_does_not(
    root: Place, make: Callable[[Place], Esimmon]
) -> None:
    full = make(root)
    assert told(full) == []
    with Mounts(without_libbpf()) as mounts:
        less = full.at(root.behind(mounts))
        (alert,) = told(less)
        assert (alert["kind"], alert["detail"]) == ("monitor.blind", "ebpf:sockdiag")
        assert told(less) == [alert]
    (ended,) = told(full)
    assert ended["cleared_at"]
