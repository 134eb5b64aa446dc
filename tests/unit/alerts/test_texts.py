"""What a person reads: what happened, by whom, what is left, what to do."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from msgspec.structs import replace

from monitor.alerts import Raised, Rate, Told, judge
from monitor.alerts.rates import Mover
from tests.alerting import (
    DAY_S,
    GB,
    JULY_S,
    MB,
    RULE,
    Book,
    looked_at,
    plan,
    standing,
)

NOW_S = JULY_S - 5 * DAY_S - 6 * 3600


def told(used_bytes: int, eater: tuple[str, int] | None = None) -> tuple[str, str]:
    """Title and body of the first alert."""
    watched = looked_at(plan(), standing(used_bytes), eater=lambda: eater)
    changes = Book().changes(NOW_S, watched)
    (alert,) = [each.alert for each in changes if isinstance(each, Raised)]
    return alert.title, alert.body


def test_a_warning_says_who_what_is_left_until_when_and_what_to_do() -> None:
    title, body = told(8_200 * MB, ("firefox", 5 * GB))
    assert title == "Plan wwan: 82 % of 10.00 GB used"
    assert body == (
        "8.20 GB used, most by firefox (5.00 GB). 1.80 GB left until 1 Jul 02:00 CEST "
        "(in 5 days 6 h).\nWho used it: esimmon report --plan wwan --period cycle"
    )


def test_the_limit_says_what_more_may_mean() -> None:
    title, body = told(10_100 * MB)
    assert title == "Plan wwan: nothing left of 10.00 GB"
    assert body.startswith(
        "10.10 GB used. More data may cost extra or be slow until 1 Jul 02:00 CEST"
    )


def test_a_plan_without_an_end_names_none() -> None:
    endless = replace(standing(8 * GB), cycle_end=None)
    changes = Book().changes(NOW_S, looked_at(plan(), endless))
    (alert,) = [each.alert for each in changes if isinstance(each, Raised)]
    assert "2.00 GB left.\n" in alert.body
    emptied = replace(standing(10 * GB), cycle_end=None)
    changes = Book().changes(NOW_S, looked_at(plan(), emptied))
    (alert,) = [each.alert for each in changes if isinstance(each, Raised)]
    assert "or be slow.\n" in alert.body


def test_who_reads_it_elsewhere_is_told_in_both_zones() -> None:
    karachi = ZoneInfo("Asia/Karachi")
    seen = looked_at(plan(), standing(8_200 * MB), viewer=karachi)
    changes = Book().changes(NOW_S, seen)
    (alert,) = [each.alert for each in changes if isinstance(each, Raised)]
    assert "until 1 Jul 02:00 CEST (05:00 PKT) (in 5 days 6 h)." in alert.body


def test_who_used_it_is_only_asked_when_there_is_something_to_tell() -> None:
    def asked() -> None:
        raise AssertionError

    assert Book().changes(NOW_S, looked_at(plan(), standing(GB), eater=asked)) == []


def test_a_program_is_named_with_its_place_and_a_way_out() -> None:
    rate = Rate(Mover("apt", "if:wwan0", "wwan"), 62 * MB)
    (change,) = Book().changes(NOW_S, rates=[rate])
    assert isinstance(change, Raised)
    assert change.alert.title == "apt moved 62.0 MB in the background"
    assert change.alert.body == (
        "Within 10 min on wwan0, paid by plan wwan.\n"
        "What it was: esimmon report --since 1h --by process. "
        "If it may: add it to allow in [background]."
    )


def test_a_program_is_told_with_what_its_network_is_called() -> None:
    rates = [Rate(Mover("apt", "sim:8992069876543210987", "pk"), 62 * MB)]
    names = {"sim:8992069876543210987": "Jazz …0987"}
    (change,) = judge(Told(), NOW_S, [], (RULE, rates, True), names)
    assert isinstance(change, Raised)
    assert change.alert.body.startswith("Within 10 min on Jazz …0987, paid by plan pk.")
    assert change.alert.network == "sim:8992069876543210987"


def test_an_endless_name_does_not_fill_the_screen() -> None:
    rate = Rate(Mover("x" * 5000, "if:wwan0", ""), 62 * MB)
    (change,) = Book().changes(NOW_S, rates=[rate])
    assert isinstance(change, Raised)
    assert len(change.alert.title) < 120
    assert len(change.alert.application) == 5000
