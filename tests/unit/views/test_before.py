"""What a period is compared with is as long as it, and of an unfinished one as far."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.usage import Interval, Traffic, total
from monitor.views.before import compared, period_before
from monitor.views.periods import parse_period, parse_since
from monitor.views.rows import Place, Row, fold_smallest
from monitor.views.sentences import change_text

BERLIN = ZoneInfo("Europe/Berlin")
NOW = "2025-06-11T14:05"
PLACE = Place("wwan0", "if:wwan0")


def _s(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp())


def _before(period: Interval | None) -> tuple[str, str]:
    assert period is not None
    begin, end = (
        datetime.fromtimestamp(at_s, BERLIN).isoformat(timespec="minutes")[:16]
        for at_s in period
    )
    return begin, end


@pytest.mark.parametrize(
    ("period", "begin", "end"),
    [
        ("today", "2025-06-10T00:00", "2025-06-10T14:05"),
        ("yesterday", "2025-06-09T00:00", "2025-06-10T00:00"),
        ("week", "2025-06-02T00:00", "2025-06-04T14:05"),
        ("month", "2025-05-01T00:00", "2025-05-11T14:05"),
        ("year", "2024-01-01T00:00", "2024-06-10T14:05"),
        ("2025-05", "2025-04-01T00:00", "2025-05-01T00:00"),
        ("2024", "2023-01-01T00:00", "2024-01-01T00:00"),
        ("last-night", "2025-06-09T22:00", "2025-06-10T06:00"),
        ("2025-06-01..2025-06-07", "2025-05-25T00:00", "2025-06-01T00:00"),
        ("2025-01-01..2025-03-31", "2024-10-01T00:00", "2025-01-01T00:00"),
        # The clocks changed on 30 March: the day before is a whole one all the same.
        ("2025-03-31", "2025-03-30T00:00", "2025-03-31T00:00"),
        ("2025-06-10T08:00..2025-06-10T09:30", "2025-06-10T06:30", "2025-06-10T08:00"),
    ],
)
def test_a_period_is_compared_with_the_one_before(
    period: str, begin: str, end: str
) -> None:
    now_s = _s(NOW)
    found = period_before(parse_period(period, now_s, BERLIN), now_s, BERLIN)
    assert _before(found) == (begin, end)


def test_the_last_two_hours_are_compared_with_the_two_before() -> None:
    now_s = _s(NOW)
    found = period_before(parse_since("2h", now_s, BERLIN), now_s, BERLIN)
    assert _before(found) == ("2025-06-11T10:04", "2025-06-11T12:05")


def test_a_cycle_is_compared_with_the_cycle_before_so_far() -> None:
    now_s = _s(NOW)
    cycle = Interval(_s("2025-06-05T00:00"), _s("2025-07-05T00:00"))
    wanted = "2025-05-05T00:00", "2025-05-11T14:05"
    assert _before(period_before(cycle, now_s, BERLIN)) == wanted
    so_far = Interval(cycle.from_s, now_s + 1)
    assert _before(period_before(so_far, now_s, BERLIN, cycle)) == wanted


def test_of_a_month_that_was_shorter_no_more_is_taken_than_it_had() -> None:
    now_s = _s("2025-03-31T12:00")
    found = period_before(parse_period("month", now_s, BERLIN), now_s, BERLIN)
    assert _before(found) == ("2025-02-01T00:00", "2025-03-01T00:00")


@pytest.mark.parametrize("period", ["2025-06-12", "2099"])
def test_the_future_is_compared_with_nothing(period: str) -> None:
    now_s = _s(NOW)
    assert period_before(parse_period(period, now_s, BERLIN), now_s, BERLIN) is None


def test_before_the_first_year_there_is_nothing() -> None:
    period = Interval(-62_135_596_800 + 90_000, -62_135_596_800 + 3 * 86_400 + 90_000)
    assert period_before(period, 0, ZoneInfo("UTC")) is None


@given(st.integers(0, 2**32), st.integers(1, 2**28), st.integers(0, 2**32))
def test_the_period_before_ends_where_the_period_begins_or_earlier(
    from_s: int, length_s: int, now_s: int
) -> None:
    period = Interval(from_s, from_s + length_s)
    found = period_before(period, now_s, BERLIN)
    if found is not None:
        assert found.from_s < period.from_s
        assert found.from_s < found.to_s <= period.to_s


def _row(name: str, rx_bytes: int) -> Row:
    return Row(place=PLACE, application=name, traffic=Traffic(rx_bytes))


def test_rows_stand_beside_what_they_were_and_what_is_gone_is_not_lost() -> None:
    rows = compared([_row("a", 10), _row("b", 5)], [_row("a", 4), _row("c", 7)])
    found = [(row.application, row.traffic.bytes, row.before) for row in rows]
    assert found == [
        ("a", 10, Traffic(4)),
        ("b", 5, Traffic()),
        ("c", 0, Traffic(7)),
    ]


ROWS = st.lists(
    st.builds(_row, st.sampled_from("abcdef"), st.integers(0, 10**12)),
    max_size=6,
    unique_by=lambda row: row.application,
)


@given(ROWS, ROWS, st.integers(1, 3))
def test_both_columns_add_up_also_when_the_smallest_are_folded(
    rows: list[Row], old: list[Row], top: int
) -> None:
    found = fold_smallest(compared(rows, old), top)
    assert total(row.traffic for row in found) == total(row.traffic for row in rows)
    before = total(row.before for row in found if row.before is not None)
    assert before == total(row.traffic for row in old)


@pytest.mark.parametrize(
    ("now_bytes", "before_bytes", "written"),
    [
        (132, 100, "+32 %"),
        (68, 100, "-32 %"),
        (0, 100, "-100 %"),
        (100, 100, "0 %"),
        (1000, 100, "10 x"),
        (5, 0, "new"),
        (0, 0, "-"),
    ],
)
def test_a_change_is_said_in_a_word(
    now_bytes: int, before_bytes: int, written: str
) -> None:
    assert change_text(now_bytes, before_bytes) == written
