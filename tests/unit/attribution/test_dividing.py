"""Sums are divided exactly, and who came late gets its part all the same."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.attribution.dividing import Divider, Limits, split
from monitor.attribution.recent import PATIENCE_TICKS, Recent
from monitor.usage import Traffic, total

if TYPE_CHECKING:
    from collections.abc import Mapping

    Tick = tuple[dict[str, Traffic], dict[str, Traffic]]

AMOUNT = st.integers(0, 10**9)
TRAFFIC = st.builds(Traffic, AMOUNT, AMOUNT, AMOUNT, AMOUNT)
SIGNED = st.integers(-(10**6), 10**6)
SIGNED_TRAFFIC = st.builds(Traffic, SIGNED, SIGNED, SIGNED, SIGNED)
PLACES, PROGRAMS = st.sampled_from(["wwan0", "eth0"]), st.sampled_from("abc")


def ticks(traffic: st.SearchStrategy[Traffic]) -> st.SearchStrategy[list[Tick]]:
    """What some ticks moved outside, and inside."""
    outer = st.dictionaries(PLACES, traffic)
    inner = st.dictionaries(PROGRAMS, traffic)
    return st.lists(st.tuples(outer, inner), max_size=3 * PATIENCE_TICKS)


class Books:
    """A divider, and the sums of what it gave."""

    def __init__(self) -> None:
        self.divider: Divider[str, str] = Divider()
        self.paid: dict[str, Traffic] = {}
        self.rest = Traffic()

    def tick(
        self, outer: int, limits: Limits[str] | None = None, **inner: int
    ) -> dict[str, int]:
        """Divide received bytes on one carrier; returns who has what in this tick."""
        claims = {name: Traffic(rx_bytes=amount) for name, amount in inner.items()}
        self.add({"wwan0": Traffic(rx_bytes=outer)}, claims, limits)
        return {name: paid.rx_bytes for name, paid in self.paid.items()}

    def add(
        self,
        outer: Mapping[str, Traffic],
        inner: Mapping[str, Traffic],
        limits: Limits[str] | None = None,
    ) -> None:
        """Divide, and check that parts and rest are the sum."""
        paid, rest = self.divider.divide(outer, inner, limits)
        for place in {*outer, *rest, *(place for place, _ in paid)}:
            parts = [part for (where, _), part in paid.items() if where == place]
            whole = total([*parts, rest.get(place, Traffic())])
            assert whole == outer.get(place, Traffic())
        for (_, name), part in paid.items():
            self.paid[name] = self.paid.get(name, Traffic()) + part
        self.rest += total(rest.values())


def at_least_nothing(traffic: Traffic) -> bool:
    """Whether no number is negative."""
    return traffic == traffic.clamped()


@given(ticks(TRAFFIC))
def test_whatever_the_ticks_parts_add_up_and_nobody_has_too_much(
    moved: list[Tick],
) -> None:
    books, inner = Books(), Counter[str]()
    for outer, claims in moved:
        books.add(outer, claims)
        for name, claim in claims.items():
            inner[name] += claim.rx_bytes
        assert at_least_nothing(books.rest)
        for name, paid in books.paid.items():
            assert at_least_nothing(paid)
            assert paid.rx_bytes <= inner[name]


@given(ticks(SIGNED_TRAFFIC))
def test_parts_add_up_also_where_bytes_are_taken_back(moved: list[Tick]) -> None:
    books = Books()
    for outer, claims in moved:
        books.add(outer, claims)
        assert all(at_least_nothing(paid) for paid in books.paid.values())


@given(
    st.lists(st.tuples(AMOUNT, AMOUNT), min_size=1, max_size=20),
    st.integers(1 - PATIENCE_TICKS, PATIENCE_TICKS - 1),
)
def test_who_is_seen_some_ticks_early_or_late_is_paid_in_full(
    moved: list[tuple[int, int]], late: int
) -> None:
    inner = [inside for inside, _ in moved]
    outer = [inside + overhead for inside, overhead in moved]
    pause = [0] * abs(late)
    first, second = (outer, inner) if late > 0 else (inner, outer)
    books = Books()
    for one, other in zip([*first, *pause], [*pause, *second], strict=True):
        outside, inside = (one, other) if late > 0 else (other, one)
        books.tick(outside, a=inside)
    assert books.paid.get("a", Traffic()).rx_bytes == sum(inner)
    assert books.rest.rx_bytes == sum(overhead for _, overhead in moved)


def test_programs_have_what_they_moved_and_the_rest_is_over() -> None:
    books = Books()
    assert books.tick(1000, a=600, b=300) == {"a": 600, "b": 300}
    assert books.rest == Traffic(rx_bytes=100)


def test_what_is_more_inside_than_outside_is_scaled_down() -> None:
    """A tunnel that compresses."""
    books = Books()
    assert books.tick(300, a=600, b=300) == {"a": 200, "b": 100}
    assert books.rest == Traffic()


def test_who_is_seen_before_the_outer_bytes_is_paid_by_the_next_tick() -> None:
    books = Books()
    books.tick(0, a=600)
    assert books.tick(650) == {"a": 600}
    assert books.rest == Traffic(rx_bytes=50)


def test_who_is_seen_after_the_outer_bytes_takes_them_back_from_the_rest() -> None:
    books = Books()
    books.tick(650)
    assert books.rest == Traffic(rx_bytes=650)
    assert books.tick(0, a=600) == {"a": 600}
    assert books.rest == Traffic(rx_bytes=50)


def test_nobody_waits_for_ever() -> None:
    """What a compressing tunnel could not pay is no debt of the next hour."""
    books = Books()
    books.tick(100, a=600)
    for _ in range(PATIENCE_TICKS):
        books.tick(0)
    assert not books.divider
    assert books.tick(1000, b=200) == {"a": 100, "b": 200}


def test_bytes_that_were_claimed_by_another_program_follow_it() -> None:
    """The kernel's rows are signed: a connection was handed on."""
    books = Books()
    books.tick(700, a=600)
    assert books.tick(0, a=-600, b=600) == {"a": 0, "b": 600}
    assert books.rest == Traffic(rx_bytes=100)


def test_outer_bytes_that_were_never_sent_are_taken_from_the_rest_first() -> None:
    """The queue dropped them."""
    books = Books()
    books.tick(700, a=600)
    assert books.tick(-50) == {"a": 600}
    assert books.tick(-150) == {"a": 500}
    assert books.rest == Traffic()
    assert books.tick(100) == {"a": 600}


def test_a_sum_below_zero_is_owed_by_what_comes_next() -> None:
    books = Books()
    books.tick(-500)
    assert books.rest == Traffic(rx_bytes=-500)
    assert books.tick(800, a=600) == {"a": 300}
    assert books.rest == Traffic()


def test_carriers_pay_by_what_they_carried() -> None:
    divider: Divider[str, str] = Divider()
    outer = {"wwan0": Traffic(rx_bytes=300), "eth0": Traffic(rx_bytes=900)}
    paid, rest = divider.divide(outer, {"a": Traffic(rx_bytes=400)})
    assert paid[("wwan0", "a")].rx_bytes == 100
    assert paid[("eth0", "a")].rx_bytes == 300
    assert {place: each.rx_bytes for place, each in rest.items()} == {
        "wwan0": 200,
        "eth0": 600,
    }


def test_nobody_has_more_than_a_limit_allows() -> None:
    limits: Limits[str] = Limits(rx_bytes=lambda wanted, _: dict.fromkeys(wanted, 10))
    books = Books()
    assert books.tick(1000, limits, a=600, b=300) == {"a": 10, "b": 10}
    assert books.rest == Traffic(rx_bytes=980)


@pytest.mark.parametrize(
    ("amount", "weights", "parts"),
    [
        (10, [1, 1, 1], [3, 3, 4]),
        (-10, [1, 1, 1], [-4, -3, -3]),
        (10, [0, 0], [10, 0]),
        (10, [0, 5], [0, 10]),
        (10, [], []),
    ],
)
def test_a_number_is_divided_by_weights(
    amount: int, weights: list[int], parts: list[int]
) -> None:
    assert split(amount, weights) == parts


@given(st.lists(AMOUNT, min_size=1), AMOUNT)
def test_no_part_is_larger_than_its_weight_where_there_is_enough(
    weights: list[int], amount: int
) -> None:
    amount = min(amount, sum(weights))
    parts = split(amount, weights)
    assert sum(parts) == amount
    assert all(0 <= part <= weight for part, weight in zip(parts, weights, strict=True))


def test_amounts_are_forgotten_after_some_ticks_and_taken_oldest_first() -> None:
    recent: Recent[str] = Recent()
    recent.add("a", 5)
    for _ in range(PATIENCE_TICKS - 1):
        recent.begin_tick()
    recent.add("a", 3)
    assert recent.take("a", 6) == 6
    assert recent.sums() == {"a": 2}
    recent.begin_tick()
    assert recent.take("a", 6) == 2
    assert not recent
