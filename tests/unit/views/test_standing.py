"""The plans at a glance: what a person reads, and what a script is told."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from monitor.views.standing import NO_PLAN, as_json, as_text, check_status
from tests.unit.standings import GB, HOME, OVER, PACK, SOON, WWAN, document

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.plans.agreement import Agreement


@pytest.fixture(autouse=True)
def _in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The viewer's clock."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_a_plan_is_a_line_and_one_for_today() -> None:
    assert as_text(document(), 0) == (
        "wwan  wwan0  active  0.10 of 5.00 GB (2.0 %)  left 4.90 GB  "
        "resets 1 Dec 00:00 CET, in 5 days 6 h\n"
        "      today 100 of 833 MB for the day, at this pace: enough"
    )


def test_plans_are_aligned_and_times_are_shown_in_both_zones() -> None:
    assert as_text(document([WWAN, PACK, HOME]), 0) == (
        "wwan  wwan0  active  0.10 of 5.00 GB (2.0 %)   left 4.90 GB   "
        "resets 1 Dec 00:00 CET, in 5 days 6 h\n"
        "      today 100 of 833 MB for the day, at this pace: enough\n"
        "pk    usb0   active  0.10 of 20.00 GB (0.5 %)  left 19.90 GB  "
        "ends 28 Nov 22:00 PKT (28 Nov 18:00 CET), in 3 days\n"
        "      today 0.10 of 6.67 GB for the day, at this pace: enough\n"
        "home  wlan0  active  100 MB, no limit                         "
        "resets 1 Dec 00:00 PKT (30 Nov 20:00 CET), in 5 days 2 h"
    )


def test_time_passes_while_the_file_lies_there() -> None:
    assert "in 5 days 5 h\n" in as_text(document(), 59)
    assert "in 3 days\n" in as_text(document([PACK]), 0)


def test_before_and_after_its_time_a_plan_says_when_that_is() -> None:
    assert as_text(document([SOON, OVER], 2_000_000, devices=["usb2"]), 0) == (
        "soon  usb2  pending  1.00 GB    "
        "starts 26 Nov 22:00 PKT (26 Nov 18:00 CET), in 1 day\n"
        "over  -     expired  1.00 GB    "
        "ended 23 Nov 22:00 PKT (23 Nov 18:00 CET), 2 days ago\n"
        "over: 2.00 MB since its end are in no plan"
    )


def test_a_plan_that_will_not_last_says_when_it_is_empty() -> None:
    text = as_text(document(used_bytes=9 * GB // 2), 0)
    assert text.split("\n")[1] == (
        "      today 4.50 GB of 833 MB for the day, at this pace: empty "
        "28 Nov 12:00 CET"
    )


def test_a_depleted_plan_shows_how_much_was_used() -> None:
    text = as_text(document(used_bytes=6 * GB + GB // 5), 0)
    assert text.startswith(
        "wwan  wwan0  depleted  6.20 of 5.00 GB (100.0 %)  left 0 B  "
    )


def test_a_small_plan_is_shown_in_its_own_unit() -> None:
    facts = document(used_bytes=123_456)
    facts["plans"][0] |= {"limit_bytes": 1_000_000, "pct_used": 12.3}
    assert "0.12 of 1.00 MB (12.3 %)" in as_text(facts, 0)
    facts["plans"][0] |= {"limit_bytes": 500}
    assert "123456 of 500 B" in as_text(facts, 0)


def test_without_a_next_turn_the_line_ends_before_it() -> None:
    facts = document([HOME, OVER], 0)
    facts["plans"][0]["next"] = facts["plans"][1]["next"] = None
    assert as_text(facts, 0) == (
        "home  wlan0  active   0 B, no limit\nover  -      expired  1.00 GB"
    )


@pytest.mark.parametrize(
    ("network", "where"),
    [
        ({"kind": "sim", "name": "Airalo"}, "wwan0 (Airalo)"),
        ({"kind": "sim", "name": "Airalo", "label": "Travel"}, "wwan0 (Travel)"),
        ({"kind": "wifi", "name": "\x1b[31m\u202e"}, "wwan0 (\\x1b[31m\\u202e)"),
        ({"kind": "wifi", "name": "x" * 99}, f"wwan0 ({'x' * 24}…)"),
        ({"kind": "ethernet", "name": "Wired connection 1"}, "wwan0"),
        ({"kind": "ethernet", "name": "x", "label": "Office"}, "wwan0 (Office)"),
        ({"kind": "sim", "name": None, "label": None}, "wwan0"),
    ],
)
def test_an_interface_is_shown_with_what_its_network_is_called(
    network: dict[str, str], where: str
) -> None:
    facts = document()
    facts["networks"] = [{"device": "wwan0", **network}, {"device": "x", **network}]
    assert as_text(facts, 0).startswith(f"wwan  {where}  active  0.10 of")


def test_a_plan_that_matches_nothing_here_is_said() -> None:
    text = as_text(document(devices=["wlan0"]), 0)
    assert text.split("\n")[2] == "wwan: no interface wwan* is here now"


def test_without_a_plan_the_next_step_is_named() -> None:
    assert as_text(document([]), 0) == NO_PLAN
    assert "esimmon setup" in NO_PLAN


def _alert(kind: str, **facts: object) -> dict[str, object]:
    return {"kind": kind, "detail": "apt:60000000", "cleared_at": None, **facts}


def test_other_alerts_that_hold_are_shown_and_names_are_escaped() -> None:
    alerts = [
        _alert("data.warning"),
        _alert("background.rate", title="ev\x1b[31mil moved 60 MB"),
        _alert("background.rate"),
        _alert("background.rate", cleared_at="2026-11-25T16:00:00Z"),
    ]
    lines = as_text(document(alerts=alerts), 0).split("\n")[2:]
    assert lines == [
        "alert: ev\\x1b[31mil moved 60 MB",
        "alert: apt:60000000",
    ]


@pytest.mark.parametrize(
    ("rate", "last_hour", "line"),
    [
        (
            {"wwan0": (5_900_000, 200_000), "usb0": (0, 10_000)},
            [("e\x1b", 320_000_000), ("apt", 1)],
            "now down 5.90 MB/s, up 210 kB/s, in the last hour most by e\\x1b (320 MB)",
        ),
        ({"wwan0": (0, 0)}, [("apt", 1)], "in the last hour most by apt (1 B)"),
        ({"wwan0": (0, 1)}, [], "now down 0 B/s, up 1 B/s"),
        ({}, [], None),
    ],
)
def test_what_moves_now_and_whose_the_last_hour_was_is_said(
    rate: dict[str, tuple[int, int]],
    last_hour: list[tuple[str, int]],
    line: str | None,
) -> None:
    facts = document()
    facts["rate"] = {
        name: {"rx_bytes_per_s": rx, "tx_bytes_per_s": tx}
        for name, (rx, tx) in rate.items()
    }
    facts["last_hour"] = [
        {"application": name, "bytes": moved} for name, moved in last_hour
    ]
    assert as_text(facts, 0).split("\n")[2:] == ([line] if line else [])


def test_one_plan_is_told_of_in_detail() -> None:
    lines = as_text(document(used_bytes=9 * GB // 2), 0, detailed=True).split("\n")
    assert lines == [
        "wwan  wwan0, active: 4.50 of 5.00 GB (90.0 %), left 500 MB",
        "      resets 1 Dec 00:00 CET, in 5 days 6 h",
        "      today 4.50 GB, budget 833 MB: 3.67 GB over",
        "      at this pace 5.45 GB by then, empty 28 Nov 12:00 CET",
    ]
    found = as_text(document([HOME, OVER]), 0, detailed=True).split("\n")
    assert found[0] == "home  wlan0, active: 100 MB, no limit"
    assert found[2] == "      today 100 MB"
    assert found[4].startswith("over  -, expired: 1.00 GB")


def test_json_is_the_daemons_word() -> None:
    found: dict[str, Any] = json.loads(as_json(document([WWAN, SOON])))
    assert found["version"] == 1
    assert found["at"] == "2026-11-25T17:00:00Z"
    wwan, soon = found["plans"]
    assert (wwan["used_bytes"], wwan["remaining_bytes"]) == (GB // 10, 4_900_000_000)
    assert wwan["pct_used"] == 2.0
    assert wwan["cycle_end"] == "2026-11-30T23:00:00Z"
    assert soon["limit_bytes"] is None


@pytest.mark.parametrize(
    ("plans", "used_bytes", "status"),
    [
        ([], 0, 0),
        ([WWAN, SOON, HOME], GB, 0),
        ([WWAN], 2 * GB + GB // 2, 10),
        ([WWAN], 5 * GB - 1, 10),
        ([WWAN], 5 * GB, 11),
        ([WWAN, OVER], 0, 11),
    ],
)
def test_the_exit_status_tells_the_worst(
    plans: list[Agreement], used_bytes: int, status: int
) -> None:
    assert check_status(document(plans, used_bytes)) == status


def test_an_alert_that_holds_is_a_warning() -> None:
    assert check_status(document(alerts=[_alert("background.rate")])) == 10
    over = _alert("background.rate", cleared_at="2026-11-25T16:00:00Z")
    assert check_status(document(alerts=[over])) == 0


@pytest.mark.parametrize("width", [30, 40, 60, 79])
def test_a_narrow_terminal_has_lines_that_fit_and_say_the_same(width: int) -> None:
    for detailed in (False, True):
        whole = as_text(document([WWAN, PACK, HOME]), 0, detailed=detailed)
        narrow = as_text(document([WWAN, PACK, HOME]), 0, width, detailed=detailed)
        assert all(len(line) <= width for line in narrow.split("\n"))
        said = narrow.replace(", active", " active").split()
        assert sorted(said) == sorted(whole.replace(", active", " active").split())


def test_a_wide_terminal_has_what_a_pipe_has() -> None:
    assert as_text(document([WWAN, PACK]), 0, 200) == as_text(document([WWAN, PACK]), 0)


def test_what_is_empty_already_is_not_said_to_become_so_now() -> None:
    found = as_text(document(used_bytes=6 * GB), 0, detailed=True)
    assert "left 0 B" in found
    assert "at this pace" in found
    assert ", empty" not in found
