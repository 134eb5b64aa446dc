"""What is told of the monitor itself: `monitor.blind`, when it does not see all.

- bytes that cost were moved while it did not run, and nobody knows by what;
- this run names fewer bytes than the run before: it has a lesser tier;
- it cannot write its database, or had to mend it;
- the kernel's tables, or its own, had no room for all that there was.

Each has its own subject. What has happened is over after a day; what is so holds until
it is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from monitor.alerts import texts
from monitor.alerts.model import MONITOR_BLIND, Alert, Cleared, Key, Raised

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

    from monitor.alerts.model import Change, Told
    from monitor.usage import Interval

GAP: Final = "gap"
TIER: Final = "tier"
STORE: Final = "store"
OVERFLOW: Final = "overflow"
MENDED: Final = "mended"

_TIERS: Final = ("interface", "sockdiag", "ebpf")  # each names more bytes than the last
_LEAST_BYTES: Final = 1_000_000
_LEAST_S: Final = 300
_DAY_S: Final = 86_400
_BUSY_S: Final = 60
"""A database that others hold for less is none of a person's business."""
_AGAIN_S: Final = 3600
"""A disk that is full now and then is told of so often at most."""


@dataclass(frozen=True, slots=True)
class Missed:
    """A time in which nobody counted.

    Attributes:
        when: from the last second that was counted.
        moved_bytes: that nobody can explain, over networks that may cost.
    """

    when: Interval
    moved_bytes: int


@dataclass(frozen=True, slots=True)
class Unwritten:
    """The database cannot be written.

    Attributes:
        since_s: UTC second.
        reason: one word, as of `StoreError`.
        sentence: what failed, and what to do.
    """

    since_s: int
    reason: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Seen:
    """All that the rule needs to know.

    Attributes:
        tier: of this run.
        tier_before: of the run before; empty without one.
        gap: before this run, in its first judgement; else None.
        unwritten: None while the database can be written.
        overflow: what there was no room for, since the last judgement; else empty.
        mended: what the start did to the database, in its first judgement; else empty.
    """

    tier: str
    tier_before: str = ""
    gap: Missed | None = None
    unwritten: Unwritten | None = None
    overflow: str = ""
    mended: str = ""


def judge_monitor(told: Told, now_s: int, seen: Seen, zone: ZoneInfo) -> list[Change]:
    """What changed since the last judgement.

    Args:
        told: what was told so far.
        now_s: UTC seconds.
        seen: what was not seen, or cannot be kept.
        zone: of who reads it.

    Returns:
        Changes in the order in which they are to be told.
    """
    holds = {alert.key: alert for alert in _holding(told, now_s, seen, zone)}
    changes: list[Change] = list(_cleared(told, now_s, set(holds)))
    marks = told.after(changes).marks
    for key, alert in holds.items():
        at_s = marks.get(key)
        is_late = key.subject == STORE and key not in told.open
        again = at_s is not None and is_late and not 0 <= now_s - at_s < _AGAIN_S
        if at_s is None or again:
            changes.append(Raised(alert, now_s))
    return changes


def _cleared(told: Told, now_s: int, holds: set[Key]) -> Iterator[Cleared]:
    """What was told and is over."""
    for key in {*told.marks, *told.open}:
        if key.kind != MONITOR_BLIND or (key in holds and key.subject != OVERFLOW):
            continue
        at_s = told.open[key].at_s if key in told.open else told.marks[key]
        match key.subject:
            case "gap" | "mended" if key in told.open and now_s - at_s >= _DAY_S:
                yield Cleared(key, now_s, rearmed=False)
            case "overflow" if now_s - at_s >= _DAY_S:
                yield Cleared(key, now_s, rearmed=True)
            case "store" if key in told.open:
                yield Cleared(key, now_s, rearmed=False)
            case "tier":
                yield Cleared(key, now_s, rearmed=True)
            case _:
                pass


def _holding(told: Told, now_s: int, seen: Seen, zone: ZoneInfo) -> Iterator[Alert]:
    gap, unwritten = seen.gap, seen.unwritten
    if gap is not None and gap.moved_bytes >= _LEAST_BYTES:
        from_s, to_s = gap.when
        if to_s - from_s >= _LEAST_S:
            words = texts.blind_gap(gap.when, gap.moved_bytes, zone)
            yield _alert(GAP, words, str(gap.moved_bytes), since_s=from_s)
    best = _best(told, seen)
    if _rank(seen.tier) < _rank(best):
        words = texts.lesser_tier(seen.tier)
        yield _alert(TIER, words, f"{best}:{seen.tier}", step=seen.tier)
    if unwritten is not None:
        is_passing = unwritten.reason == "busy"
        if not is_passing or now_s - unwritten.since_s >= _BUSY_S:
            words = texts.unwritten(unwritten.sentence)
            yield _alert(STORE, words, unwritten.reason)
    if seen.mended:
        yield _alert(MENDED, texts.mended(seen.mended), seen.mended, since_s=now_s)
    if seen.overflow:
        yield _alert(OVERFLOW, texts.overflow(seen.overflow), seen.overflow)


def _alert(
    subject: str,
    words: tuple[str, str],
    detail: str,
    since_s: int = 0,
    step: str = "",
) -> Alert:
    key = Key(MONITOR_BLIND, since_s, step, subject)
    return Alert(key, "", "", "", detail, *words)


def _best(told: Told, seen: Seen) -> str:
    """The tier that was lost: that of the run before, or of before what was told."""
    before = [
        raised.alert.detail.partition(":")[0]
        for key, raised in told.open.items()
        if key.kind == MONITOR_BLIND and key.subject == TIER
    ]
    return max([*before, seen.tier_before], key=_rank)


def _rank(tier: str) -> int:
    return _TIERS.index(tier) if tier in _TIERS else -1
