"""Dates and times of the configuration as UTC seconds."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING

from monitor.plans import localtime

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo


def second_of(moment: str, zone: ZoneInfo) -> int:
    """When a moment of the configuration is.

    Args:
        moment: a checked `Moment` or `Instant`; a date is its local midnight, a time
            without offset is local.
        zone: the plan's.

    Returns:
        UTC seconds.
    """
    if "T" not in moment:
        return localtime.second_of(
            datetime.combine(date.fromisoformat(moment), time()), zone
        )
    found = datetime.fromisoformat(moment)
    return (
        localtime.second_of(found, zone)
        if found.tzinfo is None
        else int(found.timestamp())
    )
