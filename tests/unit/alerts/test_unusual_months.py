"""Generated months of whole machines: how often it is told of nothing, and misses much.

The same as `tests/benchmarks/unusual.py` on a few machines; its seeds are fixed.
"""

from __future__ import annotations

from monitor.alerts import UnusualRule
from monitor.alerts.habits import WEEKS, Habits
from monitor.config.settings import Unusual
from tests.benchmarks.unusual import Life, nothing

MACHINES = 3


def test_about_one_false_alarm_a_month_and_nine_of_ten_anomalies_told() -> None:
    given = Unusual()
    rule = UnusualRule(given.floor_bytes, given.times, given.weeks)
    found = nothing()
    for seed in range(MACHINES):
        found = Life(seed, 2 * WEEKS, rule).look(Habits, found)
    assert found.months > 9
    # A few machines scatter, and another Python may draw otherwise.
    assert found.false.total() <= 1.5 * found.months, str(found)
    assert found.hidden["any hour"] > 500
    assert found.caught["any hour"] >= 0.9 * found.hidden["any hour"], str(found)
