"""Programs that move metered data for the first time: days of a store, tick by tick."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from monitor.alerts import Newcomers, Noted, Raised, Told, judge_newcomers
from monitor.alerts.newcomers import QUIET_S
from monitor.attribution.shares import Attributed
from monitor.usage import Application, Attachment, Share, Traffic
from tests.alerting import DAY_S, GB, JUNE_S, MB, looked_at, plan, standing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.alerts import Change, Watched

SECOND_NS = 1_000_000_000
PHONE = Attachment("wifi:aa", "wlan0", billed=True, metered=True)
HOME = Attachment("wifi:bb", "wlan0", billed=True, metered=False)
CABLE = Attachment("if:eth0", "eth0", billed=True)
LOOP = Attachment("if:lo", "lo", billed=False, metered=True)
OLD_S = JUNE_S - QUIET_S


def of(
    name: str = "sync", app_class: str = "background", scope: str = "internet"
) -> Share:
    """Bytes of a program."""
    return Share(Application(name, "executable"), app_class=app_class, scope=scope)


SYNC = of()


class Days:
    """Days in which programs move bytes.

    Attributes:
        told: so far.
    """

    def __init__(self, newcomers: Newcomers | None = None) -> None:
        """Begin with a store of a week."""
        self.newcomers = newcomers or Newcomers(OLD_S)
        self.told = Told()
        self.plans: Mapping[str, Watched] = {}
        self.changes: list[Change] = []

    def move(
        self,
        amount: int,
        at_s: int = 0,
        share: Share = SYNC,
        where: Attachment = PHONE,
    ) -> list[str]:
        """So many bytes; details of what is told then."""
        row = Attributed(where, share, None, Traffic(rx_bytes=amount))
        nobodys = Attributed(where, Share(None, kind="kernel"), None, Traffic(GB))
        self.newcomers.book([row, nobodys], at_s * SECOND_NS, lambda _: "pk")
        now_s = JUNE_S + at_s
        found = self.newcomers.found(now_s)
        names = {"wifi:aa": '"Phone"'}
        self.changes = judge_newcomers(self.told, now_s, found, self.plans, names)
        self.told = self.told.after(self.changes)
        return [each.alert.detail for each in self.changes if isinstance(each, Raised)]


def test_a_program_is_told_once_when_it_has_moved_a_megabyte() -> None:
    days = Days()
    assert days.move(MB - 1) == []
    assert days.move(1, 10) == ["sync:1000000"]
    for hour in range(1, 100):
        assert days.move(MB, 3600 * hour) == []
    assert days.move(MB, 3600, share=of("other")) == ["other:1000000"]


def test_it_is_told_with_network_and_plan_and_over_after_a_day() -> None:
    days = Days()
    days.move(2 * MB)
    (raised,) = days.told.open.values()
    alert = raised.alert
    assert (alert.application, alert.network, alert.plan) == ("sync", "wifi:aa", "pk")
    assert (alert.title, alert.body) == (
        "sync uses metered data for the first time",
        (
            '2.00 MB on "Phone", paid by plan pk.\n'
            "What it was: esimmon report --since 1h --by process"
        ),
    )
    days.move(0, DAY_S - 1)
    assert days.told.open
    days.move(0, DAY_S)
    assert not days.told.open


@pytest.mark.parametrize(
    ("where", "app_class", "scope"),
    [
        (HOME, "background", "internet"),
        (CABLE, "background", "internet"),
        (LOOP, "background", "internet"),
        (PHONE, "interactive", "internet"),
        (PHONE, "background", "local"),
    ],
)
def test_what_is_no_news_is_not_told(
    where: Attachment, app_class: str, scope: str
) -> None:
    days = Days()
    assert days.move(GB, where=where, share=of(app_class=app_class, scope=scope)) == []


@pytest.mark.parametrize(
    ("where", "app_class", "is_known"),
    [
        (HOME, "background", False),
        (LOOP, "background", False),
        (CABLE, "background", True),
        (PHONE, "interactive", True),
    ],
)
def test_who_was_met_where_it_may_cost_is_known(
    where: Attachment, app_class: str, *, is_known: bool
) -> None:
    days = Days()
    days.move(1, where=where, share=of(app_class=app_class))
    assert days.move(MB, 10) == ([] if is_known else ["sync:1000000"])


def test_who_was_modest_for_a_day_is_known() -> None:
    days = Days()
    days.move(1)
    days.move(0, DAY_S)
    assert days.move(GB, DAY_S + 10) == []


def test_in_the_first_week_all_are_met_and_none_is_told() -> None:
    days = Days(Newcomers(JUNE_S))
    assert days.move(GB) == []
    assert days.move(GB, QUIET_S - 1, share=of("late")) == []
    assert days.move(GB, QUIET_S, share=of("late")) == []
    assert days.move(GB, QUIET_S) == []
    assert days.move(GB, QUIET_S, share=of("new")) == ["new:1000000000"]


def test_a_restart_goes_on_from_what_the_store_knows() -> None:
    newcomers = Newcomers(OLD_S)
    nobody = Share(None, kind="kernel")
    newcomers.know([(PHONE, of("known")), (HOME, of("at-home")), (PHONE, nobody)])
    row = Attributed(PHONE, SYNC, None, Traffic(MB - 1))
    newcomers.book([row], 0, lambda _: None)
    days = Days(newcomers)
    assert days.move(GB, share=of("known")) == []
    assert days.move(GB, share=of("at-home")) == ["at-home:1000000000"]
    assert days.move(1) == ["sync:1000000"]


def test_what_was_told_is_not_told_by_the_next_run() -> None:
    days = Days()
    days.move(2 * MB)
    days.newcomers = Newcomers(OLD_S)
    assert days.move(2 * MB, 60) == []


def test_snoozed_it_counts_as_told() -> None:
    days = Days()
    pk = looked_at(plan("pk"), standing(GB), snoozed=("app.new",))
    days.plans = {"pk": pk}
    assert days.move(2 * MB) == []
    assert [type(each) for each in days.changes] == [Noted]


def test_a_hostile_name_is_shown_harmlessly() -> None:
    days = Days()
    days.move(2 * MB, share=of("\x1b[2J" + "x" * 200))
    (raised,) = days.told.open.values()
    assert raised.alert.title.startswith("\\x1b[2Jxxx")
    assert len(raised.alert.title) < 120
