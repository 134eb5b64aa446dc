"""Bought again, or bought something else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.plans.asking import ask

PACK = {
    "cycle": {"kind": "whole"},
    "validity": {"kind": "elapsed", "days": 10},
    "activated_at": "06-01",
}
BASE = {"id": "main", "bytes": 100}
PROMO = {"id": "bonus", "bytes": 20, "class": "promo"}
CHAT = {"id": "chat", "bytes": 30, "scope": {"apps": ["chat"]}}


def renewed(mode: str | None = None, *, at: str = "06-06", **more: Any) -> Any:  # noqa: ANN401
    """A pack of ten days with 40 of 100 bytes used, renewed on the fifth day."""
    entry: dict[str, Any] = {"kind": "renewal", "ts": "06-05"}
    ledger = [entry | ({"mode": mode} if mode else {}), *more.pop("ledger", [])]
    more.setdefault("plan", PACK)
    return ask(at, ledger=ledger, usage=[("06-03", 40)], **more)


@pytest.mark.parametrize("kind", ["open", "fixed"])
def test_only_a_validity_with_a_length_can_be_renewed(kind: str) -> None:
    validity = {"kind": kind} | ({"end": "12-01"} if kind == "fixed" else {})
    found = renewed(plan={"validity": validity})
    assert found["results"] == {"e0": "rejected:no_length"}


def test_stacked_segments_follow_one_another_and_all_begin_anew() -> None:
    twice = [{"kind": "renewal", "ts": "06-06"}]
    found = renewed(ledger=twice, at="06-07")
    assert (found["validity_end"], found["cycle_end"]) == (
        "2025-07-01T00:00:00Z",
        "2025-06-11T00:00:00Z",
    )
    found = renewed(ledger=twice, at="06-11")
    assert (found["validity_start"], found["used_bytes"]) == ("2025-06-11T00:00:00Z", 0)
    assert found["lots"] == {"main": 100}
    assert renewed(ledger=twice, at="07-01")["state"] == "expired"


def test_a_stacked_segment_of_calendar_days_has_whole_days() -> None:
    validity = {"kind": "days_calendar", "days": 2, "reset_time": "04:00"}
    plan = {**PACK, "validity": validity, "activated_at": "06-04T02:00"}
    # 02:00 is before 04:00: the 3rd is day 1.
    found = ask(
        "06-04T03:00", plan=plan, ledger=[{"kind": "renewal", "ts": "06-04T02:30"}]
    )
    assert found["cycle_end"] == "2025-06-05T04:00:00Z"
    assert found["validity_end"] == "2025-06-07T04:00:00Z"


def test_cycles_count_anew_from_each_segment() -> None:
    plan = {**PACK, "cycle": {"kind": "elapsed", "days": 4}}
    found = renewed(plan=plan, at="06-12")
    assert (found["cycle_start"], found["cycle_end"]) == (
        "2025-06-11T00:00:00Z",
        "2025-06-15T00:00:00Z",
    )


@pytest.mark.parametrize("mode", ["restart", "accumulate", "extend"])
def test_the_other_modes_need_one_cycle_and_nothing_that_waits(mode: str) -> None:
    found = renewed(mode, plan={**PACK, "cycle": {"kind": "day"}})
    assert found["results"] == {"e0": "rejected:not_whole"}
    stacked = {"kind": "renewal", "ts": "06-04"}
    found = renewed(mode, ledger=[stacked])
    assert found["results"] == {"e1": "accepted", "e0": "rejected:stacked"}


def test_restart_loses_base_lots_and_keeps_others_to_their_own_end() -> None:
    plan = {**PACK, "buckets": [BASE, PROMO, CHAT], "rollover": {}}
    top = {"kind": "topup", "bytes": 7, "ts": "06-02", "id": "t"}
    found = renewed("restart", plan=plan, ledger=[top], at="06-10T12:00")
    # The old bonus lives on beside the new one, to the end of the old cycle.
    assert found["lots"] == {"main": 100, "chat": 30, "bonus": 20, "t": 7}
    found = renewed("restart", plan=plan, ledger=[top], at="06-11")
    assert found["lots"] == {"main": 100, "chat": 30, "bonus": 20}


def test_accumulate_carries_all_base_lots_again_and_again() -> None:
    plan = {**PACK, "buckets": [BASE, CHAT]}
    again = {"kind": "renewal", "mode": "accumulate", "ts": "06-07"}
    found = renewed("accumulate", plan=plan, ledger=[again], at="06-08")
    assert found["lots"] == {
        "main": 100,
        "chat": 30,
        "main(carried)": 100,
        "chat(carried)": 30,
        "main(carried)(carried)": 60,
        "chat(carried)(carried)": 30,
    }
    assert (found["validity_end"], found["remaining_bytes"]) == (
        "2025-06-17T00:00:00Z",
        260,
    )


def test_the_carried_lot_is_the_older_one() -> None:
    found = ask(
        "06-08",
        plan=PACK,
        usage=[("06-03", 40), ("06-06", 10)],
        ledger=[{"kind": "renewal", "mode": "accumulate", "ts": "06-05"}],
    )
    assert found["lots"] == {"main(carried)": 50, "main": 100}


def test_extend_adds_the_length_that_a_renewal_now_would_have() -> None:
    assert renewed("extend")["validity_end"] == "2025-06-21T00:00:00Z"
    calendar = {**PACK, "validity": {"kind": "days_calendar", "days": 10}}
    entry = {"kind": "renewal", "mode": "extend", "ts": "06-05T18:00"}
    found = ask("06-06", plan=calendar, ledger=[entry])
    # From 5 June 18:00 ten calendar days are 9 days and 6 hours.
    assert found["validity_end"] == "2025-06-20T06:00:00Z"
    assert found["validity_start"] == "2025-06-05T18:00:00Z"


def test_in_a_gap_every_mode_begins_anew() -> None:
    for mode in ("stack", "restart", "accumulate", "extend"):
        entry = {"kind": "renewal", "mode": mode, "ts": "06-20"}
        found = ask("06-21", plan=PACK, ledger=[entry], usage=[("06-15", 9)])
        assert found["validity_end"] == "2025-06-30T00:00:00Z"
        assert (found["lots"], found["uncovered_bytes"]) == ({"main": 100}, 0)
        assert len(found["history"]) == 1


def test_a_gap_loses_what_would_have_rolled_over() -> None:
    plan = {**PACK, "rollover": {}}
    entry = {"kind": "renewal", "ts": "06-11"}
    assert ask("06-12", plan=plan, ledger=[entry])["lots"] == {"main": 100}


def changed(mode: str, *buckets: Any, at: str = "06-12", **more: Any) -> Any:  # noqa: ANN401
    """A month with 40 of 100 bytes used, changed on the tenth."""
    entry = {"kind": "plan_change", "mode": mode, "ts": "06-10", "buckets": buckets}
    ledger = [entry, *more.pop("ledger", [])]
    more.setdefault("plan", {})
    more.setdefault("usage", [("06-03", 40)])
    return ask(at, ledger=ledger, **more)


def test_of_two_orders_the_last_one_counts() -> None:
    later = {
        "kind": "plan_change",
        "mode": "next_cycle",
        "ts": "06-11",
        "buckets": [{"id": "two", "bytes": 2}],
    }
    found = changed("next_cycle", {"id": "one", "bytes": 1}, ledger=[later], at="07-02")
    assert found["lots"] == {"two": 2}
    later |= {"mode": "immediate_keep"}
    found = changed("next_cycle", {"id": "one", "bytes": 1}, ledger=[later], at="07-02")
    assert found["lots"] == {"two": 2}


@pytest.mark.parametrize("mode", ["immediate_reset", "immediate_keep"])
def test_an_immediate_change_needs_a_cycle(mode: str) -> None:
    entry = {"kind": "plan_change", "mode": mode, "ts": "06-15", "buckets": [BASE]}
    found = ask("06-16", plan=PACK, ledger=[entry])
    assert found["results"] == {"e0": "rejected:not_active"}


def test_a_reset_ends_base_lots_only_and_grants_all_of_the_new() -> None:
    top = {"kind": "topup", "bytes": 7, "ts": "06-02", "id": "t"}
    once = {"id": "once", "bytes": 50, "per": "validity"}
    plan = {"buckets": [BASE, once, CHAT]}
    found = changed("immediate_reset", BASE, once, plan=plan, ledger=[top])
    assert found["lots"] == {"main": 100, "once": 50, "t": 7}
    assert (found["used_bytes"], found["cycle_start"]) == (0, "2025-06-10T00:00:00Z")


def test_a_change_for_the_next_cycle_leaves_what_is_once_in_a_validity() -> None:
    once = {"id": "once", "bytes": 50, "per": "validity"}
    other = {"id": "other", "bytes": 5, "per": "validity"}
    plan = {
        "buckets": [BASE, once],
        "validity": {"kind": "fixed", "start": "06-01", "end": "12-01"},
    }
    found = changed("next_cycle", once, other, plan=plan, at="08-02")
    assert found["lots"] == {"once": 50, "other": 5}


def test_use_that_is_kept_fills_the_new_main_lots_and_then_is_overage() -> None:
    small, chat = {"id": "small", "bytes": 30}, {**CHAT, "id": "chat2"}
    found = changed("immediate_keep", small, chat)
    assert found["lots"] == {"small": 0, "chat2": 30}
    assert (found["used_bytes"], found["overage_bytes"]) == (40, 10)


def test_use_of_scoped_and_promo_lots_stays_where_it_is() -> None:
    usage = [("06-03", 60), ("06-03", 10, {"app": "chat"})]
    plan = {"buckets": [BASE, PROMO, CHAT]}
    found = changed(
        "immediate_keep", {"id": "big", "bytes": 200}, plan=plan, usage=usage
    )
    # 20 of 60 were of the bonus.
    assert found["lots"] == {"big": 160, "bonus": 0}
    assert (found["used_bytes"], found["main_used_bytes"]) == (70, 60)


def test_which_lots_are_main_follows_the_buckets() -> None:
    found = changed("immediate_reset", CHAT)
    assert (found["lots"], found["remaining_bytes"]) == ({"chat": 30}, 30)


def test_a_replacement_needs_an_iccid() -> None:
    first, second = "8992011234567890123", "8992069876543210987"
    ledger = [
        {"kind": "replacement", "new_iccid": "hello", "ts": "06-02"},
        {"kind": "replacement", "new_iccid": f"{second}F", "ts": "06-03"},
    ]
    usage = [
        ("06-01", 1, {"iccid": first}),
        ("06-01", 10, {"iccid": second}),
        ("06-05", 100, {"iccid": "8986001112223334445"}),
        ("06-05", 1000, {"iccid": "nonsense"}),
        ("06-05", 10000),
    ]
    plan = {"line": {"iccid": first}}
    found = ask("06-06", plan=plan, ledger=ledger, usage=usage)
    assert found["results"] == {"e0": "rejected:bad_iccid", "e1": "accepted"}
    assert list(found["iccids"]) == [first, second]
    # One of the line's counts whenever it came.
    assert found["used_bytes"] == 10011


def test_a_plan_without_an_iccid_refuses_none() -> None:
    usage = [("06-05", 7, {"iccid": "8986001112223334445"})]
    assert ask("06-06", plan={}, usage=usage)["used_bytes"] == 7
