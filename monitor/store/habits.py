"""Which program moved how much in which hour, and which ever did, for alerts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from sqlalchemy import Integer, bindparam, column, func, literal, select, union_all

from monitor.alerts.habits import Past
from monitor.store import places
from monitor.store.ids import NOBODY
from monitor.store.schema import APPLICATIONS, HOURS_EXPLANATION, SHARES
from monitor.store.tiers import users_of
from monitor.usage import INTERNET, Application, Share

if TYPE_CHECKING:
    from sqlalchemy import RowMapping

    from monitor.store.engine import Store
    from monitor.usage import Attachment, Interval

_COSTLY: Final = select(
    func.json_each(bindparam("costly")).table_valued(column("value", Integer)).c.value
)
"""Ids of attachments: of years there are more than a query has parameters."""
_USED: Final = (
    select(
        HOURS_EXPLANATION.c.from_s,
        SHARES.c.application_id,
        func.sum(HOURS_EXPLANATION.c.rx_bytes + HOURS_EXPLANATION.c.tx_bytes).label(
            "bytes"
        ),
    )
    .select_from(HOURS_EXPLANATION)
    .join(SHARES, SHARES.c.share_id == HOURS_EXPLANATION.c.share_id)
    .where(
        HOURS_EXPLANATION.c.from_s >= bindparam("since_s"),
        HOURS_EXPLANATION.c.attachment_id.in_(_COSTLY),
        SHARES.c.application_id != NOBODY,
        SHARES.c.scope == INTERNET,
    )
    .group_by(HOURS_EXPLANATION.c.from_s, SHARES.c.application_id)
    .cte("used")
    .prefix_with("MATERIALIZED")  # else it is summed three times
)
_SEEN, _FIRST, _MUCH = range(3)


_BEGUN: Final = (
    select(_USED.c.application_id, func.min(_USED.c.from_s).label("first_s"))
    .group_by(_USED.c.application_id)
    .subquery("begun")
)
# One statement, so that the hours are summed once; some hundred rows of them come out.
_ASKED: Final = union_all(
    select(literal(_SEEN), _USED.c.from_s, literal(""), literal(0)).distinct(),
    select(literal(_FIRST), func.min(_BEGUN.c.first_s), APPLICATIONS.c.name, literal(0))
    .join(APPLICATIONS, APPLICATIONS.c.application_id == _BEGUN.c.application_id)
    .group_by(APPLICATIONS.c.name),
    select(literal(_MUCH), _USED.c.from_s, APPLICATIONS.c.name, func.sum(_USED.c.bytes))
    .join(APPLICATIONS, APPLICATIONS.c.application_id == _USED.c.application_id)
    .where(_USED.c.bytes >= bindparam("least_bytes"))
    .group_by(_USED.c.from_s, APPLICATIONS.c.name),
)


def past(store: Store, since_s: int, least_bytes: int) -> Past:
    """What programs moved on networks that may cost, by the hours that are summed up.

    Args:
        store: where.
        since_s: UTC second from which on.
        least_bytes: hours in which a program moved less are not of interest.

    Raises:
        StoreError: the database cannot be read.
    """
    with store.read() as connection:
        costly = [
            number
            for number, where in places.attachments(connection).items()
            if where.billed and where.metered is not False
        ]
        values = {
            "since_s": since_s,
            "costly": json.dumps(costly),
            "least_bytes": least_bytes,
        }
        found = connection.execute(_ASKED, values).all()
    return Past(
        seen=frozenset(row[1] for row in found if row[0] == _SEEN),
        first={row[2]: row[1] for row in found if row[0] == _FIRST},
        much={(row[1], row[2]): row[3] for row in found if row[0] == _MUCH},
        least_bytes=least_bytes,
    )


def users(store: Store, period: Interval) -> list[tuple[Attachment, Share]]:
    """Which shares of applications moved anything, and where; not how much.

    Args:
        store: where.
        period: half-open; what begins in it.

    Raises:
        StoreError: the database cannot be read.
    """
    owned = select(
        SHARES, APPLICATIONS.c.name, APPLICATIONS.c.kind.label("app_kind")
    ).join_from(SHARES, APPLICATIONS)
    with store.read() as connection:
        pairs = users_of(connection, period)
        found_at = places.attachments(connection)
        rows = connection.execute(owned.where(SHARES.c.application_id != NOBODY))
        shares = {row["share_id"]: _share(row) for row in rows.mappings()}
    return [
        (found_at[attachment_id], shares[share_id])
        for attachment_id, share_id in pairs
        if share_id in shares
    ]


def _share(row: RowMapping) -> Share:
    application = Application(row["name"], row["app_kind"])
    return Share(application, row["kind"], row["app_class"], scope=row["scope"])
