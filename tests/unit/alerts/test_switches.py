"""Kinds that are switched off are not told, and count as told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from monitor.alerts import Cleared, Noted, Told, hushed, without
from monitor.alerts.model import KINDS
from tests.alerting import JUNE_S, LIMIT, raised

if TYPE_CHECKING:
    from monitor.alerts import Change


@pytest.mark.parametrize(
    ("off", "left"),
    [
        ((), ["data.warning", "data.limit", "background.rate"]),
        (("data.warning",), ["data.limit", "background.rate"]),
        (("data.*",), ["background.rate"]),
        (("*",), []),
        (("monitor.*", "background.rate"), ["data.warning", "data.limit"]),
    ],
)
def test_only_what_is_on_is_told(off: tuple[str, ...], left: list[str]) -> None:
    changes = [raised(), LIMIT, raised("background.rate")]
    told = Told().after(without(off, Told(), changes, JUNE_S))
    assert [key.kind for key in told.open] == left
    assert {*told.marks} == {each.key for each in changes}


def test_what_holds_is_over_when_it_is_switched_off() -> None:
    told = Told().after([raised(), LIMIT])
    changes = without(("data.limit",), told, [], JUNE_S)
    assert changes == [Cleared(LIMIT.key, JUNE_S, rearmed=False)]
    assert without(("data.limit",), told.after(changes), [], JUNE_S) == []


def test_what_may_be_told_again_stays_so() -> None:
    told = Told().after([LIMIT])
    ended = Cleared(LIMIT.key, JUNE_S, rearmed=True)
    assert without(("*",), told, [ended, Noted(LIMIT.key, 1)], JUNE_S) == [
        ended,
        Noted(LIMIT.key, 1),
    ]


def test_there_is_no_kind_twice() -> None:
    assert len({*KINDS}) == len(KINDS)


def test_what_is_snoozed_counts_as_told_and_what_holds_goes_on_to_hold() -> None:
    told = Told().after([raised()])
    ends = {"data.limit": JUNE_S + 1, "background.rate": JUNE_S}
    loud = raised("background.rate")
    changes: list[Change] = [LIMIT, loud]
    left = hushed(ends, changes, JUNE_S)
    assert left == [Noted(LIMIT.key, JUNE_S), loud]
    assert raised().key in told.after(left).open
    assert hushed(ends, changes, JUNE_S + 1) == changes
