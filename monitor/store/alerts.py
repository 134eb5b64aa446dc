"""Alerts in the store: what was told, when, in which way, and what was not.

`alerts` has a row for each occasion on which a condition began to hold. `alert_marks`
has what is not told again: thresholds that were reached, also those that a graver
alert spoke for. `deliveries` says for each way what became of telling.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import and_, bindparam, delete, exists, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from monitor.alerts import Alert, Cleared, Key, Noted, Raised, Told
from monitor.store.alert_tables import ALERT_MARKS, ALERTS, DELIVERIES

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, RowMapping, Select

    from monitor.store.batch import Batch
    from monitor.store.engine import Store

LOGGED_BY = "journal"
SHOWN_BY = ("desktop", "agent")
"""Ways by which a person sees an alert; the log is written for later."""

_MARK = sqlite_insert(ALERT_MARKS)
_MARK = _MARK.on_conflict_do_update(
    index_elements=["key"], set_={"at_s": _MARK.excluded.at_s}
)
_UNMARK = delete(ALERT_MARKS).where(ALERT_MARKS.c.key == bindparam("of_key"))
_CLEAR = (
    update(ALERTS)
    .where(ALERTS.c.key == bindparam("of_key"), ALERTS.c.cleared_s.is_(None))
    .values(cleared_s=bindparam("until_s"))
)
# The first success stays; a failure gives way to whatever comes later.
_DELIVER = sqlite_insert(DELIVERIES)
_DELIVER = _DELIVER.on_conflict_do_update(
    index_elements=["alert_id", "way"],
    set_={name: _DELIVER.excluded[name] for name in ("at_s", "failure")},
    where=DELIVERIES.c.failure != "",
)


@dataclass(frozen=True, slots=True)
class AlertRow:
    """One occasion on which a condition held.

    Attributes:
        alert_id: number of the row; later ones are larger. 0 of one that only a
            daemon told of.
        raised: what was told, and when that was due.
        told_s: UTC second at which a person saw it first; None while nobody has.
        cleared_s: UTC second at which the condition was over; None while it holds.
        told_by: ways in which it was told, the log included.
        failures: by way, why nobody saw it.
        told_at: by way, the UTC second of each in `told_by`.
        failed_at: by way, the UTC second of each in `failures`.
    """

    alert_id: int
    raised: Raised
    told_s: int | None
    cleared_s: int | None
    told_by: tuple[str, ...]
    failures: dict[str, str]
    told_at: dict[str, int] = field(default_factory=dict)
    failed_at: dict[str, int] = field(default_factory=dict)


def old_marks(before_s: int) -> ColumnElement[bool]:
    """Marks made before a second, unless their alert still holds."""
    holds = exists().where(
        ALERTS.c.key == ALERT_MARKS.c.key, ALERTS.c.cleared_s.is_(None)
    )
    return and_(ALERT_MARKS.c.at_s < before_s, ~holds)


def write(connection: Connection, batch: Batch) -> None:
    """Write what changed, then what became of telling it."""
    for change in batch.alerts:
        match change:
            case Raised():
                connection.execute(insert(ALERTS).values(_values(change)))
                _mark(connection, change.key, change.at_s)
            case Noted():
                _mark(connection, change.key, change.at_s)
            case Cleared():
                _clear(connection, change)
    for delivery in batch.delivered:
        row = {"way": delivery.way, "at_s": delivery.at_s, "failure": delivery.failure}
        alert_id = connection.scalar(_id_of(delivery.raised))
        if alert_id is not None:
            connection.execute(_DELIVER, row | {"alert_id": alert_id})


def _values(raised: Raised) -> dict[str, str | int]:
    alert = raised.alert
    return {
        "key": alert.key.text,
        "kind": alert.key.kind,
        "plan": alert.plan,
        "application": alert.application,
        "network": alert.network,
        "detail": alert.detail,
        "title": alert.title,
        "body": alert.body,
        "raised_s": raised.at_s,
    }


def _mark(connection: Connection, key: Key, at_s: int) -> None:
    connection.execute(_MARK, {"key": key.text, "at_s": at_s})


def _clear(connection: Connection, cleared: Cleared) -> None:
    of_key = {"of_key": cleared.key.text}
    connection.execute(_CLEAR, of_key | {"until_s": cleared.at_s})
    if cleared.rearmed:
        connection.execute(_UNMARK, of_key)


def _id_of(raised: Raised) -> Select[tuple[int]]:
    same = (ALERTS.c.key == raised.key.text, ALERTS.c.raised_s == raised.at_s)
    return select(func.max(ALERTS.c.alert_id)).where(*same)


def told(store: Store) -> Told:
    """What was told by the runs before.

    Args:
        store: open.

    Raises:
        StoreError: it cannot be read.
    """
    shown = exists().where(
        DELIVERIES.c.alert_id == ALERTS.c.alert_id,
        DELIVERIES.c.way.in_(SHOWN_BY),
        DELIVERIES.c.failure == "",
    )
    query = select(ALERTS, shown.label("is_shown")).where(ALERTS.c.cleared_s.is_(None))
    with store.read() as connection:
        marks = {
            Key.parse(row.key): row.at_s
            for row in connection.execute(select(ALERT_MARKS))
        }
        rows = connection.execute(query.order_by(ALERTS.c.alert_id)).mappings().all()
    opened = [(_raised(row), bool(row["is_shown"])) for row in rows]
    return Told(
        marks=marks,
        open={raised.key: raised for raised, _ in opened},
        shown=frozenset(raised.handle for raised, is_shown in opened if is_shown),
    )


def unlogged(store: Store) -> list[Raised]:
    """Alerts that hold and never reached the log, the oldest first.

    Args:
        store: open.

    Raises:
        StoreError: it cannot be read.
    """
    logged = exists().where(
        DELIVERIES.c.alert_id == ALERTS.c.alert_id, DELIVERIES.c.way == LOGGED_BY
    )
    query = select(ALERTS).where(ALERTS.c.cleared_s.is_(None), ~logged)
    with store.read() as connection:
        found = connection.execute(query.order_by(ALERTS.c.alert_id)).mappings().all()
    return [_raised(row) for row in found]


def listed(store: Store) -> list[AlertRow]:
    """All alerts that are kept, the oldest first.

    Args:
        store: open.

    Raises:
        StoreError: it cannot be read.
    """
    with store.read() as connection:
        alerts = connection.execute(select(ALERTS).order_by(ALERTS.c.alert_id))
        rows = alerts.mappings().all()
        ways: dict[int, list[RowMapping]] = {}
        order = (DELIVERIES.c.alert_id, DELIVERIES.c.at_s, DELIVERIES.c.way)
        deliveries = connection.execute(select(DELIVERIES).order_by(*order))
        for delivery in deliveries.mappings():
            ways.setdefault(delivery["alert_id"], []).append(delivery)
    return [_row(row, ways.get(row["alert_id"], [])) for row in rows]


def _row(row: RowMapping, deliveries: list[RowMapping]) -> AlertRow:
    done = [each for each in deliveries if not each["failure"]]
    # Within one second the log was first.
    done.sort(key=lambda each: (each["at_s"], each["way"] in SHOWN_BY))
    failed = [each for each in deliveries if each["failure"]]
    seen = [each["at_s"] for each in done if each["way"] in SHOWN_BY]
    return AlertRow(
        alert_id=row["alert_id"],
        raised=_raised(row),
        told_s=min(seen, default=None),
        cleared_s=row["cleared_s"],
        told_by=tuple(each["way"] for each in done),
        failures={each["way"]: each["failure"] for each in failed},
        told_at={each["way"]: each["at_s"] for each in done},
        failed_at={each["way"]: each["at_s"] for each in failed},
    )


def _raised(row: RowMapping) -> Raised:
    alert = Alert(
        key=Key.parse(row["key"]),
        plan=row["plan"],
        application=row["application"],
        network=row["network"],
        detail=row["detail"],
        title=row["title"],
        body=row["body"],
    )
    return Raised(alert, row["raised_s"])
