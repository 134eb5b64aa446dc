"""Kinds of alerts that a person has switched off, or snoozed.

What would have been told counts as told, and what holds still is over for the person:
switched on again, only what is new then is told.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from monitor.alerts.model import Cleared, Noted, Raised

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from monitor.alerts.model import Change, Told


def without(
    off: Sequence[str], told: Told, changes: Iterable[Change], now_s: int
) -> list[Change]:
    """What is left of the changes of one judgement.

    Args:
        off: shell patterns of kinds.
        told: what was told before it.
        changes: in the order in which they are to be told.
        now_s: UTC seconds.
    """
    left: list[Change] = [
        Noted(each.key, now_s)
        if isinstance(each, Raised) and is_off(each.key.kind, off)
        else each
        for each in changes
    ]
    holding = told.after(left).open
    return left + [
        Cleared(key, now_s, rearmed=False) for key in holding if is_off(key.kind, off)
    ]


def hushed(
    ends: Mapping[str, int], changes: Iterable[Change], now_s: int
) -> list[Change]:
    """The changes of one judgement, without a word on what is snoozed.

    What would have been told counts as told; what holds already goes on to hold.

    Args:
        ends: until which UTC second a kind is silent.
        changes: in the order in which they are to be told.
        now_s: UTC seconds.
    """
    return [
        Noted(each.key, now_s)
        if isinstance(each, Raised) and ends.get(each.key.kind, 0) > now_s
        else each
        for each in changes
    ]


def loud(
    ends: Mapping[str, int], holding: Iterable[Raised], now_s: int
) -> list[Raised]:
    """Those alerts that are not snoozed.

    Args:
        ends: until which UTC second a kind is silent.
        holding: what holds.
        now_s: UTC seconds.
    """
    return [each for each in holding if ends.get(each.key.kind, 0) <= now_s]


def is_off(kind: str, off: Iterable[str]) -> bool:
    """Whether a kind of alert is not told.

    Args:
        kind: of alert.
        off: shell patterns of kinds.
    """
    return any(fnmatchcase(kind, pattern) for pattern in off)
