"""What networks ever moved only grows, through every restart."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from monitor.daemon.totals import Totals
from monitor.store.batch import Unplaced
from monitor.store.engine import open_store
from monitor.usage import Traffic
from tests.unit.store.builders import (
    BRIDGE,
    T0,
    WLAN,
    WWAN,
    bill,
    usage_batch,
    writing,
)

if TYPE_CHECKING:
    from pathlib import Path


def rx_bytes(totals: Totals) -> dict[str, int]:
    """By interface."""
    return {each["interface"]: each["rx_bytes"] for each in totals.facts()}


def test_a_restart_goes_on_with_what_was_written_down(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    waiting = Unplaced(5, 9, WLAN, bill(700), None, Traffic())
    with writing(path) as (store, writer):
        totals = Totals(store)
        assert totals.facts() == []
        batch = usage_batch(T0, T0 + 30)
        batch.unplaced.append(waiting)
        for where in (BRIDGE, replace(WWAN, metered=True)):
            batch.bill |= usage_batch(T0, T0 + 30, where=where).bill
        totals.book({where: each for (_, where), each in batch.bill.items()})
        totals.book({WLAN: bill(700)})
        writer.flush(batch, T0 + 30, trusted=True)
        assert rx_bytes(totals) == {"wwan0": 200_000, "wlan0": 700}
        assert rx_bytes(Totals(store)) == rx_bytes(totals)
    with open_store(path, writable=False) as store:
        assert Totals(store).facts() == totals.facts()


def test_what_is_taken_back_does_not_set_a_counter_back(tmp_path: Path) -> None:
    with open_store(tmp_path / "usage.db", writable=True, create=True) as store:
        totals = Totals(store)
    totals.book({WWAN: bill(1000)})
    totals.book({WWAN: replace(bill(0), l3=Traffic(-40))})
    assert rx_bytes(totals) == {"wwan0": 1000}
