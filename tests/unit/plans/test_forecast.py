"""Where a cycle leads: the conditions of each figure."""

from __future__ import annotations

from tests.unit.plans.asking import ask

MONTH = {"kind": "month", "billing_day": 1}


def test_forecasts_keep_their_conditions() -> None:
    usage = [("06-05", 30)]
    found = ask("06-11", plan={}, usage=[], what="forecast")
    assert (found["projected_bytes"], found["runs_out_at"]) == (None, None)
    terms = {"min_elapsed_s": 0, "rapid_window_s": 86_400}
    found = ask(
        "06-01", plan={"forecast": terms}, usage=[("06-01", 9)], what="forecast"
    )
    assert (found["projected_bytes"], found["elapsed_pct"]) == (None, "0.0")
    assert found["recent_bytes"] == 9
    for at, recent in (("06-06", 30), ("06-06T00:01", 0)):
        found = ask(at, plan={"forecast": terms}, usage=usage, what="forecast")
        assert found["recent_bytes"] == recent


def test_recent_bytes_reach_over_cycle_ends_and_into_samples() -> None:
    usage = [("06-01T00:00", 60, {"from": "05-31T00:00"}), ("06-01T12:00", 7)]
    plan = {"forecast": {"rapid_window_s": 86_400}}
    found = ask("06-01T12:00", plan=plan, usage=usage, what="forecast")
    assert (found["recent_bytes"], found["today_bytes"]) == (37, 7)


def test_today_begins_with_the_day_or_with_the_cycle() -> None:
    plan = {"tz": "Asia/Karachi", "cycle": {**MONTH, "reset_time": "03:00"}}
    usage = [
        ("05-31T20:00", 5),
        ("05-31T23:00", 7),
        ("06-01T20:00", 9, {"from": "06-01T18:00"}),
    ]
    assert (
        ask("05-31T21:00", plan=plan, usage=usage, what="forecast")["today_bytes"] == 5
    )
    assert (
        ask("06-01T00:00", plan=plan, usage=usage, what="forecast")["today_bytes"] == 7
    )
    # 19:00 is midnight in Karachi.
    found = ask("06-01T20:00", plan=plan, usage=usage, what="forecast")
    assert found["today_bytes"] == 5


def test_only_main_lots_and_overage_are_metered() -> None:
    chat = {"id": "chat", "bytes": 10, "scope": {"apps": ["chat"]}}
    plan = {"buckets": [{"id": "main", "bytes": 20}, chat]}
    usage = [("06-05T02:00", 40, {"app": "chat", "from": "06-05T00:00"})]
    found = ask("06-05T03:00", plan=plan, usage=usage, what="forecast")
    assert (found["today_bytes"], found["recent_bytes"]) == (30, 30)
    # 20 of today's came from main lots, over 26 days.
    assert (found["daily_budget_bytes"], found["left_today_bytes"]) == (0, 0)
    terms = {**plan, "forecast": {"rapid_window_s": 3600}}
    found = ask("06-05T02:00", plan=terms, usage=usage, what="forecast")
    assert found["recent_bytes"] == 20


def test_the_other_end_of_the_window_cuts_rows_of_one_slot_each_apart() -> None:
    plan = {"forecast": {"rapid_window_s": 600}}
    usage = [
        (f"06-05T00:{minute + 5:02}", 5, {"from": f"06-05T00:{minute:02}", "app": app})
        for minute in (0, 5, 10, 15)
        for app in ("a", "b")
    ]
    # At 00:17 of the slot that began at 00:05 two fifths are too old, of each of the
    # two applications two bytes; half of the last slot is not there yet.
    found = ask("06-05T00:17", plan=plan, usage=usage, what="forecast")
    assert found["recent_bytes"] == 2 * (3 + 5 + 2)
    found = ask("06-05T00:20", plan=plan, usage=usage, what="forecast")
    assert found["recent_bytes"] == 20
