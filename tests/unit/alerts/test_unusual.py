"""Programs that move more than usual: what is counted, and how often it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from monitor.alerts import (
    Noted,
    Past,
    Raised,
    Told,
    Unusual,
    UnusualRule,
    judge_unusual,
    without,
)
from monitor.alerts.habits import HOUR_S
from monitor.attribution.shares import Attributed
from monitor.usage import Application, Attachment, Share, Traffic
from tests.alerting import DAY_S, GB, JUNE_S, MB, looked_at, plan, standing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from monitor.alerts import Change, Watched

SECOND_NS = 1_000_000_000
PHONE = Attachment("wifi:aa", "wlan0", billed=True, metered=True)
STICK = Attachment("if:wwan0", "wwan0", billed=True, metered=True)
HOME = Attachment("wifi:bb", "wlan0", billed=True, metered=False)
CABLE = Attachment("if:eth0", "eth0", billed=True)
LOOP = Attachment("if:lo", "lo", billed=False, metered=True)
RULE = UnusualRule(floor_bytes=50 * MB, times=4, weeks=4)
HOURS = frozenset(range(JUNE_S - 56 * DAY_S, JUNE_S, HOUR_S))
NAMES = ("sync", "other", "\x1b[2J" + "x" * 200)
KNOWN = Past(
    HOURS,
    dict.fromkeys(NAMES, min(HOURS)),
    {(JUNE_S - 7 * DAY_S, "sync"): 20 * MB},
    RULE.least_bytes,
)


def learnt(rule: UnusualRule = RULE) -> Unusual:
    """Eight weeks of every hour are known."""
    unusual = Unusual(rule, 0)
    unusual.learn(KNOWN, ZoneInfo("UTC"))
    return unusual


class Hours:
    """Hours in which programs move bytes.

    Attributes:
        told: so far.
    """

    def __init__(self, unusual: Unusual | None = None) -> None:
        """Begin at a Sunday's midnight."""
        self.unusual = unusual or learnt()
        self.told = Told()
        self.plans: Mapping[str, Watched] = {}
        self.off: Sequence[str] = ()
        self.changes: list[Change] = []

    def move(
        self,
        amount: int,
        at_s: int = 0,
        name: str = "sync",
        where: Attachment = PHONE,
        scope: str = "internet",
    ) -> list[str]:
        """So many bytes; details of what is told then."""
        share = Share(Application(name, "executable"), scope=scope)
        row = Attributed(where, share, None, Traffic(rx_bytes=amount))
        nobodys = Attributed(where, Share(None, kind="kernel"), None, Traffic(GB))
        rows = [row, nobodys]
        self.unusual.book(rows, at_s * SECOND_NS, 10, lambda _: "pk")
        return self.look(at_s)

    def look(self, at_s: int) -> list[str]:
        """Judge; details of what is told."""
        now_s = JUNE_S + at_s
        found = self.unusual.found(now_s)
        names = {"wifi:aa": '"Phone"'}
        changes = judge_unusual(self.told, now_s, found, self.plans, names)
        self.changes = without(self.off, self.told, changes, now_s)
        self.told = self.told.after(self.changes)
        return [each.alert.detail for each in self.changes if isinstance(each, Raised)]


def test_a_program_is_told_when_an_hour_is_much_more_than_ever() -> None:
    hours = Hours()
    assert hours.move(40 * MB) == []
    assert hours.move(40 * MB - 1, 1800) == []
    assert hours.move(1, 1810) == ["sync:80000000"]


def test_what_was_moved_an_hour_ago_does_not_count() -> None:
    hours = Hours()
    assert hours.move(79 * MB) == []
    assert hours.move(79 * MB, HOUR_S + 60) == []


def test_it_is_told_once_a_day_and_over_after_it() -> None:
    hours = Hours()
    assert hours.move(GB) == [f"sync:{GB}"]
    assert hours.move(GB, 600) == []
    assert hours.move(GB, 12 * HOUR_S) == []
    assert hours.told.open
    assert hours.move(GB, DAY_S - 10) == []
    hours.unusual = learnt()
    assert hours.look(DAY_S) == []
    assert not hours.told.open
    assert hours.move(GB, DAY_S + 60) == [f"sync:{GB}"]


def test_each_program_is_told_of() -> None:
    hours = Hours()
    assert hours.move(GB) == [f"sync:{GB}"]
    assert hours.move(GB, 10, name="other") == [f"other:{GB}"]


def test_a_clock_that_goes_back_tells_nothing_twice() -> None:
    hours = Hours()
    assert hours.move(GB) == [f"sync:{GB}"]
    assert hours.look(-3 * DAY_S) == []


def test_the_next_run_does_not_tell_it_again() -> None:
    hours = Hours()
    assert hours.move(GB) == [f"sync:{GB}"]
    hours.unusual = learnt()
    assert hours.move(GB, 60) == []


def test_before_anything_is_learnt_nothing_is_told() -> None:
    hours = Hours(Unusual(RULE, 0))
    assert hours.move(GB) == []
    hours.unusual.learn(KNOWN, ZoneInfo("UTC"))
    assert hours.look(10) == [f"sync:{GB}"]


@pytest.mark.parametrize(
    ("where", "scope"),
    [
        (HOME, "internet"),
        (CABLE, "internet"),
        (LOOP, "internet"),
        (PHONE, "local"),
    ],
)
def test_what_costs_nothing_is_not_told(where: Attachment, scope: str) -> None:
    assert Hours().move(GB, where=where, scope=scope) == []


def test_all_networks_count_and_the_most_used_is_named() -> None:
    hours = Hours()
    assert hours.move(30 * MB) == []
    assert hours.move(60 * MB, 10, where=STICK) == ["sync:90000000"]
    (raised,) = hours.told.open.values()
    assert raised.alert.network == "if:wwan0"


def test_it_says_what_is_usual_and_what_is_left() -> None:
    hours = Hours()
    hours.plans = {"pk": looked_at(plan("pk"), standing(2 * GB))}
    hours.move(GB)
    (raised,) = hours.told.open.values()
    alert = raised.alert
    assert (alert.application, alert.network, alert.plan) == ("sync", "wifi:aa", "pk")
    assert alert.title == "sync moved 1.00 GB within an hour, much more than usual"
    assert alert.body == (
        'Usual at this hour of the week: at most 20.0 MB. It is on "Phone", paid by '
        "plan pk. 8.00 GB left until 1 Jul 02:00 CEST (in 30 days).\n"
        "What it was: esimmon report --since 1h --by process"
    )


def test_it_says_what_is_usual_at_other_hours() -> None:
    hours = Hours()
    hours.move(GB, 3 * HOUR_S)
    (raised,) = hours.told.open.values()
    assert raised.alert.body.startswith(
        "Usual at this hour of the week: less than 12.5 MB (at any hour: at most "
        '20.0 MB). It is on "Phone", paid by plan pk.\n'
    )


def test_snoozed_it_counts_as_told() -> None:
    hours = Hours()
    pk = looked_at(plan("pk"), standing(GB), snoozed=("app.unusual",))
    hours.plans = {"pk": pk}
    assert hours.move(GB) == []
    assert [type(each) for each in hours.changes] == [Noted]
    assert hours.move(GB, 10) == []
    assert hours.changes == []


def test_switched_off_it_counts_as_told() -> None:
    hours = Hours()
    hours.off = ("app.*",)
    assert hours.move(GB) == []
    hours.off = ()
    assert hours.move(GB, 10) == []
    assert not hours.told.open


def test_a_rule_that_is_replaced_holds_at_once() -> None:
    hours = Hours()
    hours.unusual.rule = UnusualRule(floor_bytes=2 * GB, times=4, weeks=4)
    assert hours.move(GB) == []
    hours.unusual.rule = RULE
    assert hours.look(10) == [f"sync:{GB}"]


def test_a_hostile_name_is_shown_harmlessly() -> None:
    hours = Hours()
    hours.move(GB, name=NAMES[2])
    (raised,) = hours.told.open.values()
    assert raised.alert.title.startswith("\\x1b[2Jxxx")
    assert len(raised.alert.title) < 140
