"""Where cycles and validity begin and end, in every zone and across every change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.plans import Plan, Validity
from monitor.plans.cycles import boundaries, calendar_end, cycle_at
from monitor.usage import Interval

ZONES = (
    *("UTC", "Asia/Karachi", "Asia/Kathmandu", "Europe/Berlin", "America/New_York"),
    # Clocks change at midnight: that time does not exist, or comes twice.
    *("America/Havana", "Asia/Beirut", "America/Santiago", "Africa/Cairo"),
    *("Australia/Lord_Howe", "Pacific/Apia", "Pacific/Kiritimati"),
)
INSTANTS = st.integers(946_684_800, 4_102_444_800)  # 2000 to 2100


def _utc(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def _plan(
    billing_day: int | None = 1,
    zone: str = "UTC",
    validity: tuple[int | None, int | None] = (None, None),
) -> Plan:
    return Plan(
        id="p",
        interfaces=("wwan0",),
        zone=ZoneInfo(zone),
        billing_day=billing_day,
        validity=Validity(*validity),
    )


def _starts(plan: Plan, text: str, count: int) -> list[str]:
    """The cycle boundaries from an instant on."""
    at_s = _utc(text)
    found: list[int] = []
    while len(found) < count:
        cycle = cycle_at(plan, at_s)
        assert cycle is not None
        found += [cycle.from_s] if cycle.from_s >= _utc(text) else []
        at_s = cycle.to_s
    return [f"{datetime.fromtimestamp(each, UTC):%Y-%m-%dT%H:%M}" for each in found]


@pytest.mark.parametrize(
    ("billing_day", "zone", "start", "expected"),
    [
        # The day never sticks at 28.
        (31, "UTC", "2023-01-15", ["2023-01-31", "2023-02-28", "2023-03-31"]),
        (31, "UTC", "2023-03-31", ["2023-03-31", "2023-04-30", "2023-05-31"]),
        (30, "UTC", "2028-02-01", ["2028-02-29", "2028-03-30", "2028-04-30"]),
        (29, "UTC", "2026-02-01", ["2026-02-28", "2026-03-29"]),
        (1, "UTC", "2026-12-02", ["2027-01-01", "2027-02-01"]),
        (15, "UTC", "2026-12-20", ["2027-01-15", "2027-02-15"]),
        (
            *(1, "Asia/Kathmandu", "2026-02-01"),
            ["2026-02-28T18:15", "2026-03-31T18:15"],
        ),
        (
            *(1, "America/New_York", "2026-02-15"),
            ["2026-03-01T05:00", "2026-04-01T04:00"],
        ),
        # On 31 Mar 2024 clocks in Beirut jump from 00:00 to 01:00.
        (31, "Asia/Beirut", "2024-03-15", ["2024-03-30T22:00", "2024-04-29T21:00"]),
        # On 5 Nov 2023 clocks in Havana show 00:00 twice: the first one counts.
        (5, "America/Havana", "2023-10-10", ["2023-11-05T04:00", "2023-12-05T05:00"]),
        # 30 Dec 2011 never was in Apia.
        (30, "Pacific/Apia", "2011-12-01", ["2011-12-30T10:00", "2012-01-29T10:00"]),
    ],
)
def test_a_month_begins_on_its_billing_day(
    billing_day: int, zone: str, start: str, expected: list[str]
) -> None:
    wanted = [each if "T" in each else f"{each}T00:00" for each in expected]
    assert _starts(_plan(billing_day, zone), start, len(wanted)) == wanted


@given(st.integers(1, 31), st.sampled_from(ZONES), INSTANTS)
def test_each_instant_is_in_one_cycle_and_cycles_have_no_holes(
    billing_day: int, zone: str, at_s: int
) -> None:
    plan = _plan(billing_day, zone)
    cycle = cycle_at(plan, at_s)
    assert cycle is not None
    assert cycle.from_s <= at_s < cycle.to_s
    for inside_s in (cycle.from_s, (cycle.from_s + cycle.to_s) // 2, cycle.to_s - 1):
        assert cycle_at(plan, inside_s) == cycle
    after, before = cycle_at(plan, cycle.to_s), cycle_at(plan, cycle.from_s - 1)
    assert after is not None
    assert before is not None
    assert (before.to_s, after.from_s) == cycle
    assert 26 * 86_400 <= cycle.to_s - cycle.from_s <= 33 * 86_400


@given(st.integers(1, 31), st.sampled_from(ZONES), INSTANTS)
def test_a_cycle_begins_with_the_local_day_of_billing(
    billing_day: int, zone: str, at_s: int
) -> None:
    plan = _plan(billing_day, zone)
    cycle = cycle_at(plan, at_s)
    assert cycle is not None
    first = datetime.fromtimestamp(cycle.from_s, plan.zone)
    before = datetime.fromtimestamp(cycle.from_s - 1, plan.zone)
    assert first.date() > before.date()
    is_last_day = (first + timedelta(days=1)).month != first.month
    assert (
        first.day == billing_day
        or (first.day < billing_day and is_last_day)
        or (zone == "Pacific/Apia" and first.day == 31 and first.year == 2011)
    )


@given(st.integers(1, 31), st.sampled_from(ZONES), INSTANTS, INSTANTS)
def test_boundaries_are_where_the_cycle_changes(
    billing_day: int, zone: str, one_s: int, other_s: int
) -> None:
    interval = Interval(one_s, one_s + other_s % (400 * 86_400))
    plan = _plan(billing_day, zone)
    found = boundaries(plan, interval)
    assert found == sorted(set(found))
    for mark in found:
        cycle = cycle_at(plan, mark)
        assert cycle is not None
        assert cycle.from_s == mark
    edges = [interval.from_s, *found, interval.to_s]
    for start_s, end_s in pairwise(edges):
        if start_s < end_s:
            assert cycle_at(plan, start_s) == cycle_at(plan, end_s - 1)


def test_a_cycle_is_cut_to_the_validity() -> None:
    start_s, end_s = _utc("2026-11-20T10:00"), _utc("2027-01-15T10:00")
    plan = _plan(1, validity=(start_s, end_s))
    assert cycle_at(plan, start_s - 1) is None
    assert cycle_at(plan, start_s) == (start_s, _utc("2026-12-01"))
    assert cycle_at(plan, end_s - 1) == (_utc("2027-01-01"), end_s)
    assert cycle_at(plan, end_s) is None
    assert boundaries(plan, Interval(start_s, end_s)) == [
        start_s,
        _utc("2026-12-01"),
        _utc("2027-01-01"),
        end_s,
    ]


def test_without_a_billing_day_the_validity_is_the_cycle() -> None:
    plan = _plan(None, validity=(1000, 2000))
    assert cycle_at(plan, 999) is None
    assert cycle_at(plan, 1000) == cycle_at(plan, 1999) == (1000, 2000)
    assert cycle_at(plan, 2000) is None
    assert boundaries(plan, Interval(0, 5000)) == [1000, 2000]


@pytest.mark.parametrize(
    ("start", "days", "zone", "end"),
    [
        # 23:30 in Karachi: the day of the start is day 1, however late.
        ("2026-11-20T18:30", 1, "Asia/Karachi", "2026-11-20T19:00"),
        ("2026-11-20T18:30", 7, "Asia/Karachi", "2026-11-26T19:00"),
        ("2026-11-20T19:00", 7, "Asia/Karachi", "2026-11-27T19:00"),
        # Over the change of clocks: 25 hours, and 23.
        ("2026-10-24T22:00", 1, "Europe/Berlin", "2026-10-25T23:00"),
        ("2026-03-28T23:00", 1, "Europe/Berlin", "2026-03-29T22:00"),
        ("2026-01-31T00:00", 30, "UTC", "2026-03-02T00:00"),
    ],
)
def test_calendar_days_end_at_local_midnight(
    start: str, days: int, zone: str, end: str
) -> None:
    assert calendar_end(_utc(start), days, ZoneInfo(zone)) == _utc(end)
