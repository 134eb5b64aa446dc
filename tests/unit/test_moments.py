"""Instants in the plan's zone, and in the viewer's where the clocks differ."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from monitor.moments import Clocks

KARACHI, SHANGHAI = ZoneInfo("Asia/Karachi"), ZoneInfo("Asia/Shanghai")


def second(text: str) -> int:
    """UTC seconds."""
    return int(datetime.fromisoformat(text).timestamp())


NOW_S = second("2025-06-12T10:50+05:00")
AT_HOME = Clocks(KARACHI, KARACHI, NOW_S)
ABROAD = Clocks(KARACHI, SHANGHAI, NOW_S)


@pytest.mark.parametrize(
    ("clocks", "text", "expected"),
    [
        (AT_HOME, "2025-06-17T11:00+05:00", "17 Jun 11:00 PKT"),
        (AT_HOME, "2025-06-17T11:00:07+05:00", "17 Jun 11:00 PKT"),
        (ABROAD, "2025-06-17T11:00+05:00", "17 Jun 11:00 PKT (14:00 CST)"),
        (ABROAD, "2025-06-17T22:00+05:00", "17 Jun 22:00 PKT (18 Jun 01:00 CST)"),
        (AT_HOME, "2026-01-01T00:00+05:00", "1 Jan 2026 00:00 PKT"),
    ],
)
def test_a_moment(clocks: Clocks, text: str, expected: str) -> None:
    assert clocks.moment(second(text)) == expected


def test_a_midnight_is_a_day_unless_it_is_none_for_the_viewer() -> None:
    midnight_s = second("2025-07-01T00:00+05:00")
    assert AT_HOME.edge(midnight_s) == "1 Jul"
    assert ABROAD.edge(midnight_s) == "1 Jul 00:00 PKT (03:00 CST)"
    assert AT_HOME.edge(midnight_s + 60) == "1 Jul 00:01 PKT"


def test_a_time_of_today_is_its_hour() -> None:
    assert AT_HOME.hour(second("2025-06-12T10:40+05:00")) == "10:40"
    assert AT_HOME.hour(second("2025-06-11T10:40+05:00")) == "11 Jun 10:40 PKT"
    assert (
        ABROAD.hour(second("2025-06-12T10:40+05:00")) == "12 Jun 10:40 PKT (13:40 CST)"
    )
