"""What many parts have at once is what each part has by itself, to the byte."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.store import queries
from monitor.store.retention import purge
from monitor.store.rollups import roll_up
from monitor.usage import Interval
from monitor.views.parts import local_parts
from tests.unit.store.builders import DAY_S, HOUR_S, T0, usage_batch, writing
from tests.unit.store.history import DAYS, KOLKATA, NOW_S, SHORT, UTC_ZONE, history

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from monitor.store.engine import Store

ALL = Interval(T0 - DAY_S, NOW_S + DAY_S)


@pytest.fixture(scope="module", params=["all", "summed", "purged", "late"])
def store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Store]:
    """Days of usage in spans, in sums, in sums alone, and with what came later."""
    path = tmp_path_factory.mktemp("store") / "usage.db"
    with writing(path) as (made, writer):
        writer.flush(history(), NOW_S, trusted=True)
        if request.param != "all":
            roll_up(made, NOW_S, KOLKATA)
        if request.param == "purged":
            purge(made, NOW_S, SHORT)
        if request.param == "late":
            for at_s in (T0 + 9 * DAY_S + 40, NOW_S - 5 * HOUR_S, NOW_S - 50):
                writer.flush(usage_batch(at_s, at_s), NOW_S, trusted=True)
        yield made


def assert_same(store: Store, parts: Iterable[Interval]) -> None:
    wanted = list(parts)
    each = [queries.interface_bills(store, part) for part in wanted]
    assert queries.interface_bills_of(store, wanted) == each
    rows = [queries.explanation(store, part) for part in wanted]
    assert queries.explanation_of(store, wanted) == rows


@pytest.mark.parametrize("zone", [UTC_ZONE, KOLKATA, ZoneInfo("America/New_York")])
def test_days_and_hours_of_any_zone(store: Store, zone: ZoneInfo) -> None:
    assert_same(store, local_parts("day", ALL, zone))
    assert_same(store, list(local_parts("hour", ALL, zone))[24 : 24 * DAYS : 17])


@settings(max_examples=15)
@given(
    marks=st.sets(
        st.integers(0, 14 * DAY_S).map(lambda s: s - s % 60), min_size=2, max_size=9
    ),
    left_out=st.integers(0, 8),
)
def test_any_parts_with_or_without_holes(
    store: Store, marks: set[int], left_out: int
) -> None:
    edges = sorted(T0 - DAY_S + mark for mark in marks)
    parts = [Interval(*pair) for pair in pairwise(edges)]
    assert_same(store, [part for at, part in enumerate(parts) if at != left_out])


def test_no_parts_have_no_bills(store: Store) -> None:
    assert queries.interface_bills_of(store, []) == []
    assert queries.explanation_of(store, []) == []
