"""How alerts stand, in the words that people and programs are given."""

from __future__ import annotations

from datetime import datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.views.names import visible

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from monitor.store.alerts import AlertRow
    from monitor.usage import Interval

_PLACES: Final = {"desktop": "desktop", "agent": "desktop", "push": "phone"}
_MOST_REASONS: Final = 5


class Silences(NamedTuple):
    """What a person wants to hear nothing of at present.

    Attributes:
        kinds: of alerts, whatever they are about.
        by_plan: the same of plans, by their id.
        waiting: handles of alerts that are told when the quiet hours are over.
    """

    kinds: Collection[str] = ()
    by_plan: Mapping[str, Collection[str]] = {}
    waiting: Collection[str] = ()

    def has(self, row: AlertRow) -> bool:
        """Whether an alert is among it."""
        alert = row.raised.alert
        of_plan = self.by_plan.get(alert.plan, ())
        return alert.key.kind in self.kinds or alert.key.kind in of_plan


class Wanted(NamedTuple):
    """Which alerts a person asked for.

    Attributes:
        period: in which they were raised; None for ever.
        plan: of this one; None for any.
        kinds: shell patterns; none for all.
        holding: only those that are not over.
    """

    period: Interval | None = None
    plan: str | None = None
    kinds: Sequence[str] = ()
    holding: bool = False

    def of(self, rows: Iterable[AlertRow]) -> list[AlertRow]:
        """Those among some alerts.

        Args:
            rows: in any order, which is kept.
        """
        return [row for row in rows if self.is_about(row) and self._is_in_time(row)]

    def is_about(self, row: AlertRow) -> bool:
        """Whether plan and kind of an alert are those that were asked for."""
        alert = row.raised.alert
        if self.plan is not None and alert.plan != self.plan:
            return False
        kind = alert.key.kind
        return not self.kinds or any(fnmatchcase(kind, each) for each in self.kinds)

    def _is_in_time(self, row: AlertRow) -> bool:
        if self.holding and row.cleared_s is not None:
            return False
        if self.period is None:
            return True
        return self.period.from_s <= row.raised.at_s < self.period.to_s


def state_of(row: AlertRow, silences: Silences) -> str:
    """How an alert stands, in one word.

    Args:
        row: of the store.
        silences: of this moment.

    Returns:
        `over`, or of one that holds: `snoozed`, `waiting` (for the end of the quiet
        hours), `failed` (nobody saw it, and why is known) or `holds`.
    """
    if row.cleared_s is not None:
        return "over"
    if silences.has(row):
        return "snoozed"
    if row.told_s is not None:
        return "holds"
    if row.raised.handle in silences.waiting:
        return "waiting"
    return "failed" if row.failures else "holds"


def told_text(row: AlertRow, zone: ZoneInfo) -> str:
    """By what a person was told of an alert, and when first.

    Args:
        row: of the store.
        zone: of the reader.

    Returns:
        Such as "desktop, phone 12:40"; the day where it is not that of the alert.
    """
    at_s = {
        _PLACES[way]: moment for way, moment in row.told_at.items() if way in _PLACES
    }
    if not at_s:
        return "log only"
    first_s = min(at_s.values())
    raised, told = (datetime.fromtimestamp(s, zone) for s in (row.raised.at_s, first_s))
    when = f"{told:%H:%M}" if raised.date() == told.date() else local(first_s, zone)
    return f"{', '.join(sorted(at_s))} {when}"


def reasons(rows: Iterable[AlertRow]) -> list[str]:
    """Why alerts reached nobody by a way that was tried, each once.

    Args:
        rows: of the store.

    Returns:
        Sentences with hostile texts escaped; the last ones where there are many.
    """
    found: dict[str, None] = {}
    for row in rows:
        reached = {_PLACES.get(way) for way in row.told_by}
        for way, failure in row.failures.items():
            place = _PLACES.get(way, way)
            if place not in reached:
                found[f"failed ({place}): {visible(failure)}"] = None
    left = len(found) - _MOST_REASONS
    more = [f"and {left} other reasons: see --json"] if left > 0 else []
    return [*list(found)[-_MOST_REASONS:], *more]


def local(at_s: int, zone: ZoneInfo) -> str:
    """An instant, such as "31 Dec 23:59".

    Args:
        at_s: UTC second.
        zone: of the reader.
    """
    local = datetime.fromtimestamp(at_s, zone)
    return f"{local.day} {local:%b %H:%M}"
