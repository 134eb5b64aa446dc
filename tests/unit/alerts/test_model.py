"""Keys and what was told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts import Cleared, Key, Noted, Told
from tests.alerting import LIMIT, raised


@given(st.text(), st.integers(0, 2**40), st.sampled_from(["", "50", "100"]))
def test_a_key_is_the_same_after_its_text(subject: str, at_s: int, step: str) -> None:
    key = Key("data.warning", at_s, step, subject)
    assert Key.parse(key.text) == key


@pytest.mark.parametrize("text", ["", "data.warning", "a/b/c/d"])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"unpack|invalid literal"):
        Key.parse(text)


def test_what_was_raised_is_told_and_holds_until_it_is_cleared() -> None:
    warning = raised()
    told = Told().after([warning, LIMIT])
    assert set(told.marks) == set(told.open) == {warning.key, LIMIT.key}
    told = told.after([Cleared(warning.key, 9, rearmed=False)])
    assert set(told.open) == {LIMIT.key}
    assert set(told.marks) == {warning.key, LIMIT.key}
    told = told.after([Cleared(LIMIT.key, 9, rearmed=True)])
    assert (set(told.open), set(told.marks)) == (set(), {warning.key})


def test_what_is_noted_is_told_and_does_not_hold() -> None:
    told = Told().after([Noted(LIMIT.key, 9)])
    assert told.marks == {LIMIT.key: 9}
    assert not told.open


def test_what_was_seen_is_forgotten_with_the_alert() -> None:
    told = Told().after([LIMIT]).with_shown(LIMIT.handle)
    assert told.after([]).shown == {LIMIT.handle}
    assert not told.after([Cleared(LIMIT.key, 9, rearmed=True)]).shown


def test_the_same_alert_raised_later_is_another_occasion() -> None:
    assert raised(at_s=1).handle != raised(at_s=2).handle
    assert raised(at_s=1).key == raised(at_s=2).key
