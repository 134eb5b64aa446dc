"""What a period means: local days, nights and hours in UTC, where clocks change too."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import UsageError
from monitor.usage import Interval
from monitor.views.parts import local_parts
from monitor.views.periods import (
    find_zone,
    parse_period,
    parse_since,
)

KARACHI = ZoneInfo("Asia/Karachi")
BERLIN = ZoneInfo("Europe/Berlin")
HOUR_S = 3600


def _s(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


NOW_S = _s("2025-06-11T09:30:15")  # a Wednesday, 14:30:15 in Karachi


def _between(first: str, last: str) -> Interval:
    return Interval(_s(first), _s(last))


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("today", "2025-06-10T19:00", "2025-06-11T19:00"),
        ("yesterday", "2025-06-09T19:00", "2025-06-10T19:00"),
        ("week", "2025-06-08T19:00", "2025-06-15T19:00"),
        ("month", "2025-05-31T19:00", "2025-06-30T19:00"),
        ("last-night", "2025-06-10T17:00", "2025-06-11T01:00"),
        ("2024", "2023-12-31T19:00", "2024-12-31T19:00"),
        ("2024-02", "2024-01-31T19:00", "2024-02-29T19:00"),
        ("2024-12", "2024-11-30T19:00", "2024-12-31T19:00"),
        ("2025-06-01", "2025-05-31T19:00", "2025-06-01T19:00"),
        ("2025-06-01..2025-06-03", "2025-05-31T19:00", "2025-06-03T19:00"),
        ("2025-05..2025-06", "2025-04-30T19:00", "2025-06-30T19:00"),
        ("2025-06-01T08:00..2025-06-01T09:30", "2025-06-01T03:00", "2025-06-01T04:30"),
        ("2025-06-01T08:00:05Z..2025-06-02", "2025-06-01T08:00:05", "2025-06-02T19:00"),
        ("2025-06-01T08:00+05:45..today", "2025-06-01T02:15", "2025-06-11T19:00"),
        (
            "2025-06-01t08:00z..2025-06-01T08:00:01z",
            "2025-06-01T08:00",
            "2025-06-01T08:00:01",
        ),
    ],
)
def test_a_period_is_of_local_days_and_half_open(
    text: str, first: str, last: str
) -> None:
    assert parse_period(text, NOW_S, KARACHI) == _between(first, last)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tomorrow",
        "Today",
        "2025-13",
        "2025-02-29",
        "25-06-01",
        "2025-6-1",
        "9999-12-31",
        "0000",
        "2025-06-01T08:00",
        "2025-06-01T25:00..2025-06-02",
        "2025-06-01T08:00:60..2025-06-02",
        "2025-06-01..",
        "..2025-06-01",
        "2025-06-02..2025-06-01",
        "2025-06-01T08:00..2025-06-01T08:00",
        "2025-06-01...2025-06-02",
        "\u0662025",
        "20250601",
        "2025-W23",
        "a..b",
    ],
)
def test_a_wrong_period_is_one_sentence_with_a_way_out(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_period(text, NOW_S, KARACHI)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert "last-night" in sentence or "earlier first" in sentence


def test_a_cycle_is_no_part_of_another_period_and_says_so() -> None:
    with pytest.raises(UsageError, match="stands by itself"):
        parse_period("2025-05-01..cycle", NOW_S, KARACHI)


@given(st.text())
def test_any_text_is_a_period_or_a_usage_error(text: str) -> None:
    try:
        period = parse_period(text, NOW_S, KARACHI)
    except UsageError:
        return
    assert period.from_s < period.to_s


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("2h", "2025-06-11T07:30:15"),
        ("30 days", "2025-05-12T09:30:15"),
        ("yesterday", "2025-06-09T19:00"),
        ("2025-06", "2025-05-31T19:00"),
        ("2025-06-11T14:00", "2025-06-11T09:00"),
    ],
)
def test_since_reaches_up_to_the_second_that_runs(text: str, first: str) -> None:
    assert parse_since(text, NOW_S, KARACHI) == Interval(_s(first), NOW_S + 1)


def test_since_cannot_begin_in_the_future() -> None:
    with pytest.raises(UsageError, match="in the future"):
        parse_since("2025-06-12", NOW_S, KARACHI)


def _length_h(text: str, zone: ZoneInfo) -> float:
    period = parse_period(text, NOW_S, zone)
    return (period.to_s - period.from_s) / HOUR_S


def test_a_day_has_23_or_25_hours_where_clocks_change() -> None:
    assert _length_h("2025-03-30", BERLIN) == 23
    assert _length_h("2025-10-26", BERLIN) == 25
    assert _length_h("2025-10", BERLIN) == 31 * 24 + 1
    assert _length_h("2025", BERLIN) == 365 * 24
    assert _length_h("2025-04-06", ZoneInfo("Australia/Lord_Howe")) == 24.5


def test_a_day_begins_at_its_first_instant_where_midnight_is_skipped() -> None:
    # Cairo, 25 Apr 2025: 24:00 was followed by 01:00.
    cairo = ZoneInfo("Africa/Cairo")
    assert _length_h("2025-04-25", cairo) == 23
    assert parse_period("2025-04-25", NOW_S, cairo).from_s == _s("2025-04-24T22:00")
    # Havana, 2 Nov 2025: 00:00 to 01:00 came twice.
    assert _length_h("2025-11-02", ZoneInfo("America/Havana")) == 25


def test_a_night_across_a_change_of_clocks_is_shorter_or_longer() -> None:
    spring = parse_period("last-night", _s("2025-03-30T10:00"), BERLIN)
    assert spring == _between("2025-03-29T21:00", "2025-03-30T04:00")
    autumn = parse_period("last-night", _s("2025-10-26T10:00"), BERLIN)
    assert autumn == _between("2025-10-25T20:00", "2025-10-26T05:00")


def test_a_day_that_the_zone_skipped_is_empty() -> None:
    apia = ZoneInfo("Pacific/Apia")
    with pytest.raises(UsageError, match="is empty"):
        parse_period("2011-12-30", NOW_S, apia)
    period = parse_period("2011-12-29..2011-12-31", NOW_S, apia)
    assert [end - start for start, end in local_parts("day", period, apia)] == [
        86_400
    ] * 2


ZONES = st.sampled_from(
    [
        "UTC",
        "Europe/Berlin",
        "Asia/Kathmandu",
        "Australia/Lord_Howe",
        "America/Havana",
        "Africa/Cairo",
        "Pacific/Apia",
        "America/Sao_Paulo",
        "America/St_Johns",
        "Antarctica/Troll",
    ]
)


@given(
    ZONES,
    st.integers(min_value=1_300_000_000, max_value=1_800_000_000),
    st.integers(min_value=1, max_value=20 * 86_400),
)
def test_days_and_hours_cover_a_period_without_overlap(
    zone_name: str, from_s: int, length_s: int
) -> None:
    zone, period = ZoneInfo(zone_name), Interval(from_s, from_s + length_s)
    for parts, longest_s in (
        (list(local_parts("day", period, zone)), 28 * HOUR_S),
        (list(local_parts("hour", period, zone)), HOUR_S),
    ):
        assert (parts[0].from_s, parts[-1].to_s) == period
        assert all(before.to_s == after.from_s for before, after in pairwise(parts))
        assert all(0 < part.to_s - part.from_s <= longest_s for part in parts)


@given(ZONES, st.integers(min_value=1_300_000_000, max_value=1_800_000_000))
def test_each_day_of_a_month_is_one_local_date(zone_name: str, now_s: int) -> None:
    zone = ZoneInfo(zone_name)
    for part in local_parts("day", parse_period("month", now_s, zone), zone):
        dates = {
            datetime.fromtimestamp(at_s, zone).date() for at_s in (part[0], part[1] - 1)
        }
        assert len(dates) == 1
        assert part == parse_period(str(dates.pop()), now_s, zone)


def test_hours_begin_on_the_local_hour() -> None:
    kathmandu = ZoneInfo("Asia/Kathmandu")
    period = parse_period("2025-06-01", NOW_S, kathmandu)
    hours = list(local_parts("hour", period, kathmandu))
    assert len(hours) == 24
    assert hours[1].from_s == _s("2025-05-31T19:15")


def test_a_zone_is_found_by_its_name_only() -> None:
    assert find_zone("Asia/Karachi") == KARACHI
    for name in (
        "",
        "Nowhere/City",
        "../etc/passwd",
        "/etc/localtime",
        "Asia",
        "PKT-5",
    ):
        with pytest.raises(UsageError, match="no time zone known here"):
            find_zone(name)


def test_a_tz_that_names_no_zone_is_utc_as_for_the_c_library(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TZ", "Nowhere/City")
    assert find_zone(None).key == "UTC"
    monkeypatch.setenv("TZ", "Asia/Karachi")
    assert find_zone(None).key == "Asia/Karachi"
