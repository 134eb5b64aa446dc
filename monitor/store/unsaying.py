"""Texts that name what is to be forgotten: alerts, their marks, and events."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, select, update

from monitor.alerts import Key
from monitor.alerts.model import APP_NEW, APP_UNUSUAL, BACKGROUND_RATE, BACKGROUND_USE
from monitor.escapes import visible
from monitor.store.alert_tables import ALERT_MARKS, ALERTS
from monitor.store.schema import EVENTS
from monitor.usage import FORGOTTEN

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

_OF_A_PROGRAM: Final = {APP_NEW, APP_UNUSUAL, BACKGROUND_RATE, BACKGROUND_USE}
_TEXTS: Final = ("application", "network", "detail", "title", "body")
_INSTEAD: Final = f"({FORGOTTEN})"


def unsay(
    connection: Connection, names: Collection[str], networks: Collection[str]
) -> int:
    """Take names out of what was told.

    An alert that is about one of them goes, and so does the mark that it was told; of
    others the rest of the text stays.

    Args:
        connection: in a transaction that may write.
        names: of programs and networks.
        networks: keys.

    Returns:
        How many alerts went or were changed.
    """
    spoken = _pattern({*names, *networks})
    if spoken is None:
        return 0
    for text in connection.scalars(select(ALERT_MARKS.c.key)).all():
        if _is_about(Key.parse(text), names, networks):
            connection.execute(delete(ALERT_MARKS).where(ALERT_MARKS.c.key == text))
    changed = 0
    for row in connection.execute(select(ALERTS)).mappings().all():
        this = ALERTS.c.alert_id == row["alert_id"]
        if _is_about(Key.parse(row["key"]), names, networks):
            connection.execute(delete(ALERTS).where(this))
            changed += 1
            continue
        told = {name: spoken.sub(_INSTEAD, row[name]) for name in _TEXTS}
        if any(told[name] != row[name] for name in _TEXTS):
            connection.execute(update(ALERTS).where(this).values(told))
            changed += 1
    _unsay_events(connection, spoken)
    return changed


def _unsay_events(connection: Connection, spoken: re.Pattern[str]) -> None:
    for event in connection.execute(select(EVENTS)).mappings().all():
        detail = spoken.sub(_INSTEAD, event["detail"])
        if detail != event["detail"]:
            of_it = EVENTS.c.event_id == event["event_id"]
            connection.execute(update(EVENTS).where(of_it).values(detail=detail))


def _is_about(key: Key, names: Collection[str], networks: Collection[str]) -> bool:
    subject = key.subject
    if any(subject == each or subject.startswith(f"{each}/") for each in networks):
        return True
    return key.kind in _OF_A_PROGRAM and any(
        subject == each or subject.endswith(f"/{each}") for each in names
    )


def _pattern(names: Collection[str]) -> re.Pattern[str] | None:
    """Whole names only: "a" is not taken out of every word."""
    written = {text for name in names for text in (name, visible(name)) if text}
    longest_first = sorted(written, key=lambda each: (-len(each), each))
    if not longest_first:
        return None
    words = "|".join(map(re.escape, longest_first))
    return re.compile(rf"(?<!\w)(?:{words})(?!\w)")
