"""How loudly each kind is told, and in whose place."""

from __future__ import annotations

import pytest

from monitor.alerts import Key
from monitor.alerts import model as kinds
from monitor.notifiers.freedesktop import hints_of
from monitor.notifiers.manners import Urgency, manner_of, place_of
from monitor.notifiers.notice import ANSWER, Notice, notice_of, percent_of
from tests.alerting import LIMIT, raised


@pytest.mark.parametrize(
    ("kind", "urgency"),
    [
        (kinds.DATA_LIMIT, Urgency.CRITICAL),
        (kinds.OVERAGE_BLOCK, Urgency.CRITICAL),
        (kinds.EXPIRY_EXPIRED, Urgency.CRITICAL),
        (kinds.ROAMING_UNCOVERED, Urgency.CRITICAL),
        (kinds.NETWORK_ROAMING, Urgency.CRITICAL),
        (kinds.DATA_WARNING, Urgency.NORMAL),
        (kinds.EXPIRY_SOON, Urgency.NORMAL),
        (kinds.ACTIVATION_DEADLINE, Urgency.NORMAL),
        (kinds.EXPIRY_LAPSED, Urgency.NORMAL),
        (kinds.DATA_RAPID, Urgency.NORMAL),
        (kinds.DATA_BUDGET_DAY, Urgency.NORMAL),
        (kinds.MEMBER_LIMIT, Urgency.NORMAL),
        (kinds.NETWORK_UNCOVERED, Urgency.NORMAL),
        (kinds.BACKGROUND_RATE, Urgency.NORMAL),
        (kinds.BACKGROUND_USE, Urgency.LOW),
        (kinds.SYNC_DRIFT, Urgency.LOW),
        (kinds.WIFI_IN_RANGE, Urgency.LOW),
        (ANSWER, Urgency.NORMAL),
        ("", Urgency.NORMAL),
        ("of a later version", Urgency.NORMAL),
    ],
)
def test_each_kind_has_its_urgency(kind: str, urgency: Urgency) -> None:
    assert manner_of(kind).urgency is urgency
    assert hints_of(Notice("t", "b", kind))["urgency"] == ("y", int(urgency))


def test_the_end_takes_the_place_of_what_warned_of_it_and_of_nothing_else() -> None:
    assert place_of(kinds.DATA_LIMIT, "pk") == place_of(kinds.DATA_WARNING, "pk")
    assert place_of(kinds.EXPIRY_EXPIRED, "pk") == place_of(kinds.EXPIRY_SOON, "pk")
    lapsed, deadline = kinds.EXPIRY_LAPSED, kinds.ACTIVATION_DEADLINE
    assert place_of(lapsed, "pk") == place_of(deadline, "pk")
    assert place_of(kinds.DATA_LIMIT, "pk") != place_of(kinds.DATA_LIMIT, "cn")
    assert place_of(kinds.DATA_LIMIT, "pk") != place_of(kinds.MEMBER_LIMIT, "pk")
    assert place_of(kinds.DATA_LIMIT, "") == place_of("", "") == ""


def test_only_an_alert_about_a_quota_has_a_percentage() -> None:
    assert notice_of(LIMIT).percent == 100
    assert notice_of(raised(step="80")).percent == 80
    assert percent_of(Key(kinds.OVERAGE_BLOCK, 0, "3", "pk")) is None
    assert percent_of(Key(kinds.EXPIRY_SOON, 0, "24h", "pk")) is None
    assert percent_of(Key(kinds.DATA_WARNING, 0, "²", "pk")) is None
    assert "value" not in hints_of(Notice("t", "b", kinds.EXPIRY_SOON, "pk"))


def test_what_is_handed_over_is_within_what_a_desktop_can_take() -> None:
    for percent, shown in ((-5, 0), (0, 0), (80, 80), (2**70, 100)):
        hints = hints_of(Notice("t", "b", kinds.DATA_WARNING, "pk", percent))
        assert hints["value"] == ("i", shown)
    tag = hints_of(Notice("t", "b", kinds.DATA_WARNING, "\x1b\udcff"))
    assert tag["x-dunst-stack-tag"] == ("s", "data.warning/\\x1b\\xff")


def test_only_what_is_about_this_moment_is_passing() -> None:
    assert hints_of(Notice("t", "b", ANSWER))["transient"] == ("b", True)
    assert "transient" in hints_of(Notice("t", "b", kinds.WIFI_IN_RANGE, "wifi:a"))
    for kind in kinds.OF_PLANS:
        assert "transient" not in hints_of(Notice("t", "b", kind, "pk"))
