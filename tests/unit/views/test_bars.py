"""What bars of a desktop show of the status."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from monitor.views.bars import as_line, as_waybar
from tests.unit.standings import GB, HOME, OVER, PACK, SOON, WWAN, document

if TYPE_CHECKING:
    from monitor.plans.agreement import Agreement


@pytest.mark.parametrize(
    ("plans", "used_bytes", "line"),
    [
        ((WWAN,), GB // 10, "wwan 4.90 GB left, 5 days 6 h"),
        ((WWAN,), 4 * GB, "! wwan 1.00 GB left, 5 days 6 h"),
        ((WWAN,), 5 * GB, "! wwan 0 B left, 5 days 6 h"),
        ((HOME,), GB, "home 1.00 GB used"),
        ((WWAN, PACK), GB, "wwan 4.00 GB left, 5 days 6 h | pk 19.00 GB left, 3 days"),
        ((SOON, OVER), 0, "! soon pending | over expired"),
        ((WWAN, SOON), GB, "wwan 4.00 GB left, 5 days 6 h"),
        ((), 0, "no plan"),
    ],
)
def test_a_line_says_what_is_left_of_what_is_in_use(
    plans: tuple[Agreement, ...], used_bytes: int, line: str
) -> None:
    found = document(plans, used_bytes)
    assert as_line(found, 0) == line


@pytest.mark.parametrize(
    ("used_bytes", "state", "percentage"),
    [(0, "ok", 0), (4 * GB, "warning", 80), (6 * GB, "limit", 100)],
)
def test_waybar_reads_class_and_percentage(
    used_bytes: int, state: str, percentage: int
) -> None:
    found = json.loads(as_waybar(document((WWAN, HOME), used_bytes), 0))
    assert (found["class"], found["alt"]) == (state, state)
    assert found["percentage"] == percentage
    assert found["tooltip"].startswith("wwan  wwan0  ")


def test_names_are_no_markup_and_nothing_that_a_terminal_obeys() -> None:
    alert: dict[str, object] = {
        "kind": "app.new",
        "title": "<b>ev\x1b[31mil</b> & co",
        "detail": "",
    }
    line = as_waybar(document((WWAN,), alerts=[alert]), 0)
    assert "\x1b" not in line
    assert "&lt;b&gt;ev" in json.loads(line)["tooltip"]
    assert "&amp; co" in json.loads(line)["tooltip"]


def test_no_plan_is_no_crash_for_waybar() -> None:
    found = json.loads(as_waybar(document(()), 0))
    assert (found["text"], found["percentage"], found["class"]) == ("no plan", 0, "ok")
