"""What was agreed since when, and cycles that closed under it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from monitor.store.agreed import (
    ClosedCycle,
    close_cycles,
    closed_cycles,
    hash_of,
    put_terms,
    terms,
)
from monitor.store.engine import open_store
from tests.unit.store.builders import T0

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.store.engine import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    with open_store(tmp_path / "usage.db", writable=True, create=True) as made:
        yield made


def in_force(store: Store) -> dict[str, tuple[int, str]]:
    """Since when each plan has its words."""
    return {each.plan: (each.from_s, each.body) for each in terms(store)}


def test_the_newest_words_are_in_force_and_unchanged_ones_stay_as_old_as_they_are(
    store: Store,
) -> None:
    assert put_terms(store, {"pk": "5 GB", "cn": "20 GB"}, T0) == ["pk", "cn"]
    assert put_terms(store, {"pk": "6 GB", "cn": "20 GB"}, T0 + 60) == ["pk"]
    assert in_force(store) == {"cn": (T0, "20 GB"), "pk": (T0 + 60, "6 GB")}
    assert terms(store)[0].hash == hash_of("20 GB")


def test_a_removed_plan_is_gone_until_it_is_agreed_again(store: Store) -> None:
    put_terms(store, {"pk": "5 GB"}, T0)
    assert put_terms(store, {}, T0 + 1) == ["pk"]
    assert put_terms(store, {}, T0 + 2) == []
    assert in_force(store) == {}
    put_terms(store, {"pk": "5 GB"}, T0 + 3)
    assert in_force(store) == {"pk": (T0 + 3, "5 GB")}


def test_words_said_now_hold_although_the_clock_was_set_back(store: Store) -> None:
    put_terms(store, {"pk": "5 GB"}, T0 + 1000)
    put_terms(store, {"pk": "6 GB"}, T0)
    assert in_force(store) == {"pk": (T0, "6 GB")}


def test_a_closed_cycle_stays_as_it_was_judged_first(store: Store) -> None:
    first = ClosedCycle("pk", T0, T0 + 100, 77, hash_of("5 GB"))
    later = ClosedCycle("pk", T0 + 100, T0 + 200, 5, hash_of("6 GB"))
    close_cycles(store, [later, first])
    close_cycles(store, [first._replace(used_bytes=99)])
    close_cycles(store, [])
    assert closed_cycles(store, "pk") == [first, later]
    assert closed_cycles(store, "cn") == []
