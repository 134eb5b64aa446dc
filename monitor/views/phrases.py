"""Phrases that every report for people has: dates, periods, where it is from."""

from __future__ import annotations

import textwrap
from datetime import datetime, time
from typing import TYPE_CHECKING

from monitor.views.names import visible

if TYPE_CHECKING:
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from monitor.usage import Interval
    from monitor.views.table import Layout


def date_text(local: datetime) -> str:
    """Write a day.

    Args:
        local: in the zone that is meant.

    Returns:
        Such as "11 Jun 2025".
    """
    return f"{local.day} {local:%b} {local.year:04}"


def _clock(local: datetime) -> str:
    return f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"


def period_text(period: Interval, zone: ZoneInfo) -> str:
    """Write a period in local time.

    Args:
        period: half-open, UTC seconds.
        zone: whose time is meant; it is named.

    Returns:
        Such as "11 Jun 2025 01:00 - 02:01:01 (UTC)", or its days where it is whole.
    """
    start, end = (datetime.fromtimestamp(at_s, zone) for at_s in period)
    if start.time() == end.time() == time():
        last = datetime.fromtimestamp(period.to_s - 1, zone)
        when = " - ".join(dict.fromkeys([date_text(start), date_text(last)]))
    else:
        day = "" if start.date() == end.date() else f"{date_text(end)} "
        when = f"{date_text(start)} {_clock(start)} - {day}{_clock(end)}"
    return f"{when} ({zone})"


def store_sentence(store: Path, recorded: Interval | None, zone: ZoneInfo) -> str:
    """Say which database was read, and until when it has records.

    Args:
        store: the database.
        recorded: first and last second with records; None without any.
        zone: in which times are shown.

    Returns:
        Not escaped yet.
    """
    if recorded is None:
        return f"store {store}"
    last = datetime.fromtimestamp(recorded.to_s, zone)
    return f"store {store}, counted until {date_text(last)} {last:%H:%M:%S}"


def wrapped(sentence: str, layout: Layout) -> list[str]:
    """Break a sentence into lines.

    Args:
        sentence: may have names from outside.
        layout: what the terminal can show.

    Returns:
        Lines that fit its width.
    """
    return textwrap.wrap(
        visible(sentence),
        layout.width,
        subsequent_indent="  ",
        break_on_hyphens=False,
    )
