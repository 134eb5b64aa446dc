"""An account in the hands of a daemon, and what it keeps for alerts and the writer."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.errors import PlanError
from monitor.plans.account import Account, open_account, replay
from monitor.plans.forecast import forecast
from monitor.plans.periods import marks
from monitor.plans.status import status
from monitor.plans.terms import Binding, Member
from monitor.usage import Interval
from tests.unit.plans.asking import (
    MAIN,
    entries_of,
    june,
    moved,
    plan_of,
    text_of,
    utc,
)


def test_a_copy_goes_on_apart() -> None:
    account = open_account(plan_of(caps=[{"id": "c", "bytes": 5}]), [Member("m")])  # type: ignore[arg-type]
    account.charge([moved(june(2), 10, member="m")])
    copy = account.copy()
    copy.charge([moved(june(3), 20, member="m")])
    assert status(copy, june(4)).used_bytes == 30
    seen = status(account, june(4))
    assert (seen.used_bytes, seen.lots, seen.caps["c"].used_bytes) == (
        10,
        {"main": 90},
        10,
    )
    assert seen.members["m"].used_bytes == 10
    assert forecast(account, june(4)).recent_bytes == 10


def test_copies_of_a_straddling_sample_go_on_apart() -> None:
    account = open_account(plan_of())
    account.charge([moved(june(1, 12), 24, from_s=june(1) - 43_200)])
    assert status(account.copy(), june(1, 6)).used_bytes == 6
    assert status(account, june(1, 12)).used_bytes == 12


def test_a_sample_that_starts_before_the_last_one_has_to_be_judged_anew() -> None:
    account = open_account(plan_of())
    account.charge([moved(june(3), 10)])
    with pytest.raises(PlanError, match=r"plan p: a sample of wwan0 starts at .* anew"):
        account.charge([moved(june(2), 10)])
    with pytest.raises(PlanError, match=r"plan p: asked at .* it is at .* already"):
        status(account, june(2))


def test_an_entry_that_changes_the_past_asks_for_a_new_account() -> None:
    entries = entries_of(
        {"kind": "topup", "bytes": 5, "ts": "2025-06-03T00:00:00Z"},
        {"kind": "undo", "entry": "e0", "ts": "2025-06-10T00:00:00Z"},
    )
    account = open_account(plan_of(), (), entries, known_until_s=june(5))
    assert account.rejudge_s == june(10)
    assert status(account, june(9)).lots == {"main": 100, "e0": 5}
    with pytest.raises(PlanError, match="has changed what was before it"):
        status(account, june(10))
    again = open_account(plan_of(), (), entries, known_until_s=june(10))
    assert (status(again, june(10)).lots, again.rejudge_s) == ({"main": 100}, None)


def test_replay_leaves_out_what_is_not_dated_yet() -> None:
    samples = [moved(june(3), 50), moved(june(4), 8, june(2)), moved(june(5), 7)]
    account = replay(plan_of(), (), (), None, samples, june(3))
    assert status(account, june(3)).used_bytes == 54
    assert account.seen_at(june(3)) is account


def test_stays_outside_the_plan_are_runs_of_one_country() -> None:
    account = open_account(plan_of(zones={"included": ["410"]}))
    route = ["454", None, "454", "410", None, "454", "424", "454"]
    account.charge([moved(june(2, hour), 1, mcc=mcc) for hour, mcc in enumerate(route)])
    assert account.stays == (
        (june(2, 0), "454"),
        (june(2, 5), "454"),
        (june(2, 6), "424"),
        (june(2, 7), "454"),
    )


def test_only_the_last_stays_are_kept() -> None:
    account = open_account(plan_of(zones={"included": ["410"]}))
    countries = ("454", "424")
    account.charge(
        [moved(june(2) + each, 1, mcc=countries[each % 2]) for each in range(300)]
    )
    assert len(account.stays) == 100
    assert account.stays[-1] == (june(2) + 299, "424")


def nights_of(account: Account, at_s: int) -> list[tuple[str | None, dict[str, int]]]:
    """Start and applications of the windows that are told."""
    found = account.seen_at(at_s).nights(at_s)
    return [(text_of(each.window.from_s), each.apps) for each in found if each.apps]


def test_raw_bytes_in_the_window_so_far() -> None:
    window = {"start": "22:00", "end": "02:00"}
    background = {"window": window, "bytes": 5, "allow": ["backup*"]}
    music = {"id": "m", "zero_rated": True, "scope": {"apps": ["music"]}}
    account = open_account(
        plan_of(alerts={"background": background}, buckets=[MAIN, music], count="tx")
    )
    account.charge(
        [
            moved(june(2, 23), 40, june(2, 21)),
            moved(june(2, 23), 6, june(2, 23), app="music"),
            moved(june(2, 23), 100, june(2, 23), app="backupd"),
            moved(june(2, 23), 100, june(2, 23), app=None),
            moved(june(2, 23, 30), 4, tx_bytes=2),
            moved(june(3, 2), 70),
            moved(june(3, 12), 1000),
        ]
    )
    assert nights_of(account, june(3, 13)) == []
    account = account.copy()
    again = open_account(account.plan)
    again.charge([moved(june(2, 23), 40, june(2, 21)), moved(june(3, 2), 70)])
    # The instant at the end of the window is outside of it, the tick is not.
    assert nights_of(again, june(3, 2)) == [("2025-06-02T22:00:00Z", {"web": 20})]
    assert nights_of(again, june(3, 2) + 1) == []


def test_a_window_of_a_whole_day_ends_where_the_next_begins() -> None:
    background = {"window": {"start": "06:00", "end": "06:00"}, "bytes": 5}
    account = open_account(plan_of(alerts={"background": background}))
    account.charge([moved(june(2, 7), 12, june(2, 5)), moved(june(3, 6), 9)])
    assert (
        nights_of(account, june(3, 6))
        == [
            ("2025-06-01T06:00:00Z", {"web": 6}),
            ("2025-06-02T06:00:00Z", {"web": 6}),
            ("2025-06-03T06:00:00Z", {"web": 9}),
        ][1:]
    )


def test_snoozes_and_drifts_are_kept() -> None:
    entries = entries_of(
        {"kind": "snooze", "alert": "data.limit", "ts": "2025-06-02T00:00:00Z"},
        {"kind": "sync", "used_bytes": 50, "ts": "2025-06-03T00:00:00Z"},
        {"kind": "sync", "remaining_bytes": 70, "ts": "2025-06-04T00:00:00Z"},
        {
            "kind": "sync",
            "lot": "main",
            "remaining_bytes": 7,
            "ts": "2025-06-05T00:00:00Z",
        },
        {"kind": "adjust", "delta_bytes": 9, "ts": "2025-06-05T00:00:00Z"},
    )
    account = open_account(plan_of(), (), entries).advance(june(6))
    assert account.snoozed == {"data.limit": utc("2025-07-01T00:00:00Z")}
    assert account.drifts == (("e1", 50, 0), ("e2", -20, 50))
    assert account.seen_at(utc("2025-07-01T00:00:00Z")).snoozed == {}


def test_a_snooze_until_an_instant_ends_then_whatever_the_cycle_does() -> None:
    def silent(day: str, *more: dict[str, Any]) -> dict[str, int | None]:
        given = {"kind": "snooze", "alert": "data.limit", "ts": "2025-06-02T00:00:00Z"}
        entries = entries_of(given | {"until": "2025-07-03T12:00:00Z"}, *more)
        return open_account(plan_of(), (), entries).seen_at(utc(day)).snoozed

    until_s = utc("2025-07-03T12:00:00Z")
    for day in ("2025-06-02T00:00:00Z", "2025-06-30T00:00:00Z", "2025-07-03T11:59:59Z"):
        assert silent(day) == {"data.limit": until_s}
    assert silent("2025-07-03T12:00:00Z") == {}
    # The later word counts.
    again = {"kind": "snooze", "alert": "data.limit", "ts": "2025-06-04T00:00:00Z"}
    assert silent("2025-06-05T00:00:00Z", again) == {
        "data.limit": utc("2025-07-01T00:00:00Z")
    }
    assert silent("2025-07-01T00:00:00Z", again) == {}


def test_an_account_is_steady_no_longer_than_a_snooze_lasts() -> None:
    given = {"kind": "snooze", "alert": "data.limit", "ts": "2025-06-02T00:00:00Z"}
    entries = entries_of(given | {"until": "2025-06-02T01:00:00Z"})
    account = open_account(plan_of(), (), entries).seen_at(june(2))
    assert account.steady_until_s <= june(2) + 3600


def test_a_snooze_until_an_instant_needs_no_cycle() -> None:
    over = {
        "kind": "fixed",
        "start": "2025-05-01T00:00:00Z",
        "end": "2025-06-01T00:00:00Z",
    }
    given = {"kind": "snooze", "alert": "data.limit", "ts": "2025-06-02T00:00:00Z"}
    entries = entries_of(given | {"until": "2025-06-04T00:00:00Z"})
    account = open_account(plan_of(validity=over), (), entries)
    assert account.seen_at(june(3)).snoozed == {"data.limit": june(4)}


def test_a_snooze_without_an_end_or_without_a_cycle() -> None:
    entries = entries_of(
        {"kind": "snooze", "alert": "data.limit", "ts": "2025-06-02T00:00:00Z"}
    )
    endless = open_account(plan_of(cycle={"kind": "whole"}), (), entries)
    assert endless.seen_at(june(3)).snoozed == {"data.limit": None}
    over = {
        "kind": "fixed",
        "start": "2025-05-01T00:00:00Z",
        "end": "2025-06-01T00:00:00Z",
    }
    account = open_account(plan_of(validity=over), (), entries).seen_at(june(3))
    assert account.snoozed == {}
    assert status(account, june(3)).results == {"e0": "accepted"}


def test_marks_are_where_anything_turns() -> None:
    window = {"start": "22:00", "end": "06:00"}
    plan = plan_of(
        tz="Asia/Karachi",
        buckets=[MAIN, {"id": "n", "bytes": 5, "scope": {"windows": [window]}}],
        alerts={
            "background": {"window": {"start": "01:00", "end": "02:00"}, "bytes": 1}
        },
        validity={"kind": "elapsed", "days": 3},
        activated_at="2025-06-29T03:00:00Z",
    )
    entries = entries_of(
        {
            "kind": "topup",
            "bytes": 5,
            "ts": "2025-06-29T08:00:00Z",
            "validity": {"mode": "own", "hours": 30},
            "scope": {"windows": [{"start": "12:00", "end": "12:30"}]},
        },
        {
            "kind": "plan_change",
            "mode": "next_cycle",
            "ts": "2025-06-29T09:00:00Z",
            "buckets": [
                {"id": "x", "scope": {"windows": [{"start": "13:00", "end": "13:30"}]}}
            ],
        },
        {"kind": "renewal", "ts": "2025-06-29T09:30:00Z"},
    )
    binding = Binding("wwan0", plan.id, to_s=june(30, 13))  # type: ignore[arg-type]
    account = open_account(plan, (), entries, [binding]).advance(june(29, 10))
    day = Interval(june(30, 6), june(30, 6) + 2 * 86_400)
    found = [text_of(mark) or "" for mark in marks(account, day)]
    assert [each[8:16] for each in found] == [
        *("30T07:00", "30T07:30", "30T08:00", "30T08:30", "30T13:00", "30T14:00"),
        *("30T17:00", "30T19:00", "30T20:00", "30T21:00", "01T01:00", "01T07:00"),
        *("01T07:30", "01T08:00", "01T08:30", "01T17:00", "01T19:00", "01T20:00"),
        *("01T21:00", "02T01:00", "02T03:00"),
    ]


def test_marks_of_a_plan_that_has_not_begun() -> None:
    account = open_account(plan_of())
    assert marks(account, Interval(june(1) - 3600, june(1) + 3600)) == [june(1)]
    late = plan_of(
        validity={"kind": "elapsed", "days": 3, "activate_by": "2025-06-01T00:30:00Z"}
    )
    found = marks(open_account(late), Interval(june(1), june(1) + 3600))
    assert found == [june(1) + 1800]
