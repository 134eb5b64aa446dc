"""A pool as people and programs read it, and what is unknown in it."""

from __future__ import annotations

import json
from dataclasses import replace
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from monitor.moments import Clocks
from monitor.views.pool import (
    DeviceStanding,
    PoolStanding,
    SharedPlan,
    left_range,
    unknown,
)
from monitor.views.pool_as_json import pool_as_json
from monitor.views.pool_as_text import pool_as_text
from monitor.views.table import Layout

NOW_S = 1_764_331_200  # 28 Nov 2025 12:00 UTC
BEGIN_S = 1_761_955_200  # 1 Nov
HOUR_S, DAY_S, GB = 3600, 86_400, 1_000_000_000


def device(name: str, silent_s: int = 0, **changed: object) -> DeviceStanding:
    """A device that gave its last word so long ago."""
    at_s = NOW_S - silent_s
    made = DeviceStanding(
        name=name,
        member="anna",
        used_bytes=GB,
        highest_day_bytes=GB // 10,
        said_s=at_s,
        heard_s=at_s,
        through_s=at_s,
        same_terms=True,
    )
    return replace(made, **changed)  # type: ignore[arg-type]  # a test names what it changes


def pool(*devices: DeviceStanding, left_bytes: int | None = 6 * GB) -> PoolStanding:
    """A pool of one plan."""
    plan = SharedPlan(
        plan="family",
        limit_bytes=10 * GB,
        used_bytes=4 * GB,
        left_bytes=left_bytes,
        cycle_start_s=BEGIN_S,
        cycle_end_s=NOW_S + 2 * DAY_S + 12 * HOUR_S,
        devices=devices,
    )
    return PoolStanding(
        folder="/home/anna/Sync/family",
        plans=(plan,),
        now_s=NOW_S,
        every_s=600,
        written_hour_bytes=3200,
        written_day_bytes=41_000,
        metered_per_hour_bytes=100_000,
    )


def text(standing: PoolStanding) -> str:
    """As a person in Berlin reads it."""
    zone = ZoneInfo("UTC")
    return pool_as_text(standing, Clocks(zone, zone, NOW_S), Layout(width=80))


def test_a_device_is_silent_after_two_rounds_and_an_hour() -> None:
    allowed_s = 2 * 600 + HOUR_S
    heard, silent = device("a", allowed_s), device("b", allowed_s + 1)
    standing = pool(heard, silent)
    assert unknown(heard, standing, BEGIN_S) is None
    found = unknown(silent, standing, BEGIN_S)
    assert found is not None
    assert found.since_s == silent.through_s
    # Of a day's 100 MB, rounded up.
    assert found.most_bytes == -(-(GB // 10) * (allowed_s + 1) // DAY_S)


def test_what_is_left_is_a_range_as_long_as_somebody_is_silent() -> None:
    standing = pool(device("a"), device("b", 2 * DAY_S), device("c", 3 * DAY_S))
    assert left_range(standing.plans[0], standing) == (5_500_000_000, 6 * GB)
    none_left = pool(device("b", 2 * DAY_S), left_bytes=GB // 100)
    assert left_range(none_left.plans[0], none_left) == (0, GB // 100)
    without = pool(device("b", 2 * DAY_S), left_bytes=None)
    assert left_range(without.plans[0], without) is None


def test_silence_before_this_cycle_is_of_this_cycle_from_its_beginning_on() -> None:
    gone = device("b", 60 * DAY_S)
    found = unknown(gone, pool(gone), BEGIN_S)
    assert found is not None
    assert found.since_s == BEGIN_S


def test_this_device_is_never_unknown_to_itself() -> None:
    own = device("a", 9 * DAY_S, is_own=True)
    assert unknown(own, pool(own), BEGIN_S) is None


def test_a_clock_that_is_wrong_hides_no_silence() -> None:
    year_s = 365 * DAY_S
    ahead = device("a", 5 * DAY_S, said_s=NOW_S + year_s, through_s=NOW_S + year_s)
    found = unknown(ahead, pool(ahead), BEGIN_S)
    assert found is not None
    assert found.most_bytes == 0
    late = device("b", heard_s=NOW_S, said_s=NOW_S - 2 * DAY_S)
    assert unknown(late, pool(late), BEGIN_S) is not None


@given(st.integers(0, 2**40), st.integers(0, 2**40), st.integers(0, 2**62))
def test_the_range_is_never_upside_down(said_s: int, through_s: int, day: int) -> None:
    strange = device("a", said_s=said_s, through_s=through_s, highest_day_bytes=day)
    standing = pool(strange)
    found = left_range(standing.plans[0], standing)
    assert found is not None
    assert 0 <= found[0] <= found[1] == 6 * GB


def test_a_person_sees_who_used_what_and_what_nobody_knows() -> None:
    standing = pool(
        device("annas", 60, is_own=True),
        device("bens", 2 * DAY_S, member="ben", same_terms=False),
        device("new", member="", said_s=0, heard_s=0, through_s=0, used_bytes=0),
    )
    rest = ", if every day was"
    assert text(standing).splitlines() == [
        "family  4.00 GB of 10.00 GB used, 3.05 GB to 6.00 GB left until 1 Dec",
        "  device  member     used   last word",
        "  annas   anna    1.00 GB   1 min ago  <- this one",
        "  bens    ben     1.00 GB  2 days ago",
        "  new                 0 B       never",
        f"What bens used since 26 Nov 12:00 UTC is unknown: up to 200 MB{rest}",
        "  like its highest.",
        f"What new used since 1 Nov 00:00 UTC is unknown: up to 2.75 GB{rest}",
        "  like its highest.",
        "Judged by other words on bens: compare the plan there (esimmon plan show).",
        "",
        "folder /home/anna/Sync/family",
        "this device wrote 3.20 kB in the last hour (at most 100 kB on a metered",
        "  network), 41.0 kB in the last day",
    ]


def test_names_from_outside_do_nothing_to_the_terminal() -> None:
    shown = text(pool(device("a\x1b[2J", 9 * DAY_S, member="\u202e", same_terms=False)))
    assert shown.isprintable() or set(shown) - {"\n"} == set(
        filter(str.isprintable, shown)
    )


def test_a_program_reads_the_same() -> None:
    standing = pool(device("annas", 60, is_own=True), device("bens", 2 * DAY_S))
    document = json.loads(pool_as_json(standing))
    assert document["version"] == 1
    assert document["at"] == "2025-11-28T12:00:00Z"
    (plan,) = document["plans"]
    assert (plan["left_bytes"], plan["left_least_bytes"]) == (6 * GB, 5_800_000_000)
    annas, bens = plan["devices"]
    assert (annas["unknown_since"], annas["unknown_most_bytes"]) == (None, 0)
    assert bens["unknown_since"] == "2025-11-26T12:00:00Z"
    assert bens["last_word_age_s"] == 2 * DAY_S
    never = pool(device("new", said_s=0, heard_s=0, through_s=0))
    (new,) = json.loads(pool_as_json(never))["plans"][0]["devices"]
    assert (new["last_word"], new["last_word_age_s"]) == (None, None)
    assert new["complete_through"] is None
