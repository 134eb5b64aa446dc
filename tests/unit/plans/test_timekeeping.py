"""Grids of cycles, windows of the day, samples cut at marks: in every zone."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import PlanError
from monitor.plans.grids import DayGrid, ElapsedGrid, Grid, MonthGrid, WholeGrid
from monitor.plans.iccid import from_ef, has_luhn, is_same, normalize
from monitor.plans.localtime import NEVER, day_begun, instant_of, local_time
from monitor.plans.periods import boundaries, cycle
from monitor.plans.samples import Sample
from monitor.plans.straddling import Flow, cut, day_usage
from monitor.plans.terms import Plan
from monitor.plans.timing import CalendarDays, Elapsed, Month, Validity, Whole, Window
from monitor.plans.values import Minute, Name, Second
from monitor.plans.windows import Openings, occurrence, occurrences
from monitor.usage import Interval
from tests.unit.plans.asking import text_of, utc

ZONES = [
    *("UTC", "Asia/Karachi", "Asia/Kathmandu", "Europe/Berlin", "America/New_York"),
    # Clocks change at midnight: that time does not exist, or comes twice.
    *("America/Havana", "Asia/Beirut", "America/Santiago", "Africa/Cairo"),
    # Half an hour; a date that was left out; a night in which a day came back.
    *("Australia/Lord_Howe", "Pacific/Apia", "America/St_Johns", "Africa/Monrovia"),
]
INSTANTS = st.integers(utc("1990-01-01T00:00:00Z"), utc("2199-12-31T00:00:00Z"))
MINUTES = st.integers(0, 1439).map(Minute)
MONTHS = st.builds(
    Month,
    billing_day=st.one_of(st.none(), st.integers(1, 31)),
    reset_time=MINUTES,
    month_end=st.sampled_from(["clamp", "spill"]),
    interval=st.integers(1, 14),
    anchor=st.dates(date(2000, 1, 1), date(2050, 1, 1)),
)


@st.composite
def grids(draw: st.DrawFn) -> Grid:
    """Any grid."""
    zone = ZoneInfo(draw(st.sampled_from(ZONES)))
    step = draw(st.integers(1, 40))
    return draw(
        st.one_of(
            st.builds(
                DayGrid, st.just(zone), MINUTES, st.just(step), st.integers(0, 9)
            ),
            st.builds(MonthGrid, st.just(zone), MONTHS),
            st.builds(ElapsedGrid, INSTANTS, st.integers(3600, 10**7)),
        )
    )


@given(grids(), INSTANTS)
def test_an_instant_is_at_or_after_its_boundary_and_before_the_next(
    grid: Grid, at_s: int
) -> None:
    index = grid.index(at_s)
    assert grid.at(index) <= at_s < grid.at(index + 1)
    marks = [grid.at(each) for each in range(index - 3, index + 4)]
    assert marks == sorted(marks)


def test_the_whole_has_no_boundaries() -> None:
    assert (WholeGrid().at(0), WholeGrid().at(1)) == (-NEVER, NEVER)


def test_a_date_that_was_left_out_makes_no_cycle() -> None:
    plan = Plan(
        id=Name("p"),
        tz=ZoneInfo("Pacific/Apia"),
        cycle=CalendarDays(days=1),
        activated_at=Second(utc("2011-12-28T12:00:00Z")),
    )
    found = boundaries(plan, utc("2011-12-28T12:00:00Z"), 4)
    # 30 December 2011 never was in Samoa.
    assert [text_of(each) for each in found] == [
        "2011-12-29T10:00:00Z",
        "2011-12-30T10:00:00Z",
        "2011-12-31T10:00:00Z",
        "2012-01-01T10:00:00Z",
    ]


def test_boundaries_have_their_conditions() -> None:
    plan = Plan(id=Name("p"), cycle=Elapsed(days=3))
    with pytest.raises(PlanError, match="p: its cycles count from the activation"):
        boundaries(plan, 0, 3)
    with pytest.raises(PlanError, match="from 0 to 10000, not 10001"):
        boundaries(Plan(id=Name("p")), 0, 10_001)
    assert boundaries(Plan(id=Name("p"), cycle=Whole()), 0, 3) == []
    pack = Plan(
        id=Name("p"),
        validity=Validity(kind="elapsed", days=1),
        activated_at=Second(10**9),
    )
    assert boundaries(pack, 0, 3) == [10**9, 10**9 + 86_400]
    assert boundaries(pack, 10**9 + 1, 3) == [10**9 + 86_400]


def test_boundaries_end_with_the_calendar() -> None:
    plan = Plan(id=Name("p"), cycle=Month(interval=120, anchor=date(2000, 1, 1)))
    found = boundaries(plan, utc("2199-12-31T00:00:00Z"), 10_000)
    assert 700 < len(found) < 800


def test_a_cycle_is_cut_to_the_validity() -> None:
    pack = Plan(
        id=Name("p"),
        cycle=Month(billing_day=1),
        validity=Validity(kind="elapsed", days=10),
        activated_at=Second(utc("2025-06-25T12:00:00Z")),
    )
    first = cycle(pack, utc("2025-06-26T00:00:00Z"))
    assert first is not None
    assert (text_of(first.start_s), text_of(first.end_s)) == (
        "2025-06-25T12:00:00Z",
        "2025-07-01T00:00:00Z",
    )
    assert first.length_s == 5 * 86_400 + 43_200
    assert cycle(pack, utc("2025-06-25T00:00:00Z")) is None
    assert cycle(pack, utc("2025-07-05T12:00:00Z")) is None
    endless = cycle(Plan(id=Name("p")), 10**9)
    assert endless is not None
    assert (*endless, endless.length_s) == (None, None, None)


WINDOWS = st.builds(
    Window,
    start=MINUTES,
    end=MINUTES,
    weekdays=st.lists(st.integers(1, 7), max_size=3).map(tuple),
)


@given(st.lists(WINDOWS, min_size=1, max_size=4), st.sampled_from(ZONES), INSTANTS)
@settings(deadline=None)
def test_a_window_is_open_exactly_between_its_edges(
    windows: list[Window], name: str, at_s: int
) -> None:
    zone = ZoneInfo(name)
    openings = Openings(windows, zone)

    def is_open(when_s: int) -> bool:
        days = range(day_begun(when_s, 0, zone) - 3, day_begun(when_s, 0, zone) + 3)
        found = (occurrence(each, day, zone) for each in windows for day in days)
        return any(each and each.from_s <= when_s < each.to_s for each in found)

    assert openings.is_open(at_s) == is_open(at_s)
    edge_s = openings.next_edge(at_s)
    assert edge_s > at_s
    between = {at_s + (edge_s - at_s) * part // 7 for part in range(7)} | {edge_s - 1}
    assert {is_open(each) for each in between} == {is_open(at_s)}
    opening_s = openings.next_opening(at_s)
    if opening_s != NEVER:
        assert is_open(opening_s)
        assert not is_open(opening_s - 1) or edge_s - at_s > 86_400 * 14


def test_a_window_that_the_clocks_swallow_is_not_there() -> None:
    zone = ZoneInfo("Europe/Berlin")
    window = Window(Minute(150), Minute(180))  # 02:30 to 03:00
    assert occurrence(window, date(2025, 3, 30).toordinal(), zone) is None
    assert occurrence(window, date(2025, 3, 31).toordinal(), zone) is not None


def test_windows_that_touch_an_interval_are_found() -> None:
    zone = ZoneInfo("UTC")
    found = occurrences(Window(Minute(0), Minute(60)), zone, Interval(3600, 86_400))
    assert list(found) == [Interval(0, 3600), Interval(86_400, 90_000)]


def test_hundreds_of_windows_are_one_union() -> None:
    windows = [Window(Minute(each), Minute(each + 3)) for each in range(0, 1400, 4)]
    openings = Openings(windows, ZoneInfo("Asia/Kathmandu"))
    edges = [utc("2025-06-01T18:15:00Z")]  # midnight
    for _ in range(1400):
        edges.append(openings.next_edge(edges[-1]))
    lengths = {later - earlier for earlier, later in pairwise(edges)}
    assert lengths == {60, 180, 41 * 60}


SPANS = st.lists(
    st.tuples(st.integers(0, 1000), st.integers(0, 1000)).map(tuple), max_size=3
)
SAMPLES = st.builds(
    lambda start, length, rx, tx, awake: Sample(
        start, start + length, "wwan0", None, rx, tx, tuple(awake)
    ),
    st.integers(0, 900),
    st.integers(0, 200),
    st.integers(0, 10**18),
    st.integers(0, 99),
    SPANS,
)


@given(SAMPLES, st.lists(st.integers(-10, 1200), max_size=5))
def test_parts_add_up_to_the_whole_however_often_it_is_cut(
    sample: Sample, marks: list[int]
) -> None:
    parts = cut(sample, marks)
    assert sum(part.rx_bytes for part in parts) == sample.rx_bytes
    assert sum(part.tx_bytes for part in parts) == sample.tx_bytes
    assert (parts[0].from_s, parts[-1].to_s) == (sample.from_s, sample.to_s)
    assert all(one.to_s == other.from_s for one, other in pairwise(parts))
    assert all(part.rx_bytes >= 0 <= part.tx_bytes for part in parts)
    flow = Flow(sample)
    for part in parts:
        if part.from_s < part.to_s:
            moved = flow.moved(part.from_s, part.to_s)
            assert part.rx_bytes + part.tx_bytes == moved


def test_awake_spans_are_a_union_and_cut_to_the_sample() -> None:
    sample = Sample(100, 200, "w", None, 100, 0, ((90, 120), (110, 130), (190, 300)))
    flow = Flow(sample)
    # Awake for 30 and for 10 seconds.
    assert [flow.upto(at_s)[0] for at_s in (99, 110, 130, 150, 195, 200)] == [
        *(0, 25, 75, 75),
        *(87, 100),
    ]
    # Spans of which nothing is left are as good as none.
    asleep = Flow(sample._replace(awake=((0, 100), (150, 150), (300, 200))))
    assert asleep.upto(150) == (50, 0)


def test_an_instant_moves_at_its_second() -> None:
    flow = Flow(Sample(100, 100, "w", None, 7, 1))
    assert (flow.upto(99), flow.upto(100)) == ((0, 0), (7, 1))
    assert (flow.moved(100, 101), flow.moved(99, 100)) == (8, 0)
    # What begins after its end is one, too.
    assert Flow(Sample(105, 100, "w", None, 7, 1)).from_s == 100


def test_day_usage_takes_bound_parts_whatever_costs() -> None:
    zone, day = ZoneInfo("UTC"), date(1970, 1, 2)
    samples = [
        Sample(86_300, 86_500, "w", None, 100, 100),
        Sample(86_400, 86_400, "w", None, 1, 0),
        Sample(172_800, 172_800, "w", None, 1000, 0),
    ]
    assert day_usage(samples, zone, [day]) == {day: 101}
    found = day_usage(samples, zone, [day], lambda _: [Interval(86_450, 86_475)])
    assert found == {day: 24}


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("89 9201-1234\t5678 9012ff", "899201123456789012"),
        ("8992011234567890", None),
        ("89920112345678901", None),
        ("899201123456789012", "899201123456789012"),
        ("899201123456789012345", None),
        ("9992011234567890123", None),
        ("89920112345678901\uff123", None),
        ("F8992011234567890123", None),
        ("", None),
    ],
)
def test_an_iccid_has_18_to_20_digits(text: str, normal: str | None) -> None:
    assert normalize(text) == normal


@given(st.text())
def test_any_text_is_an_iccid_or_none(text: str) -> None:
    normal = normalize(text)
    assert normal is None or normalize(normal) == normal
    assert has_luhn(text) in (True, False)
    assert is_same(text, text) == (normal is not None)
    assert from_ef(text) is None or normalize(from_ef(text) or "") is not None


def test_the_card_swaps_the_halves_of_each_byte() -> None:
    raw = bytes.fromhex("982910214365870921F3")
    assert from_ef(raw) == from_ef("98 29 10 21 43 65 87 09 21 F3")
    assert from_ef("no hex") is None


def test_local_time_beyond_the_calendar_is_its_end() -> None:
    assert local_time(NEVER, ZoneInfo("UTC")).year == 9999
    assert instant_of(10**7, 0, ZoneInfo("UTC")) < NEVER
