"""What was recorded, as values: the one way out of the store.

All of it reads only. Periods are half-open; a stored row that straddles the edge of a
period is cut in proportion to time, so that periods side by side add up to the byte.
The queries of one read-only store see one snapshot.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import select

from monitor.attribution.shares import Attributed
from monitor.store import places
from monitor.store.answers import ExplanationRow, Gap, InterfaceBill, ProcessUsage, Run
from monitor.store.batch import Event
from monitor.store.history import events, gaps, kept, last_run, recorded, runs
from monitor.store.ids import NOBODY
from monitor.store.processes import process_hours, process_usage
from monitor.store.schema import APPLICATIONS, ATTACHMENTS, SHARES
from monitor.store.tiers import bills_of, shares_of
from monitor.usage import Application, Attachment, Bill, Share, Traffic

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping, Sequence

    from sqlalchemy import Connection, RowMapping

    from monitor.store.engine import Store
    from monitor.usage import Interval

__all__ = [
    "Event",
    "ExplanationRow",
    "Gap",
    "InterfaceBill",
    "ProcessUsage",
    "Run",
    "events",
    "explanation",
    "explanation_of",
    "gaps",
    "interface_bills",
    "interface_bills_of",
    "kept",
    "last_run",
    "process_hours",
    "process_usage",
    "recorded",
    "runs",
    "spent",
]

_EXACT = select(ATTACHMENTS.c.attachment_id).where(ATTACHMENTS.c.l3_exact == 1)
_BILLED = select(ATTACHMENTS.c.attachment_id).where(ATTACHMENTS.c.billed == 1)
_SHARES = select(
    SHARES, APPLICATIONS.c.name, APPLICATIONS.c.kind.label("app_kind")
).select_from(SHARES.join(APPLICATIONS))
_NOWHERE = Attachment("", "", billed=True)
_LOOK_UP = 500  # ids in one query: far below SQLite's limit of parameters


def interface_bills(store: Store, period: Interval) -> list[InterfaceBill]:
    """The bill of a period.

    Args:
        store: where.
        period: half-open.

    Returns:
        One row for each interface, network and whether it is billed, in that order;
        more where it had another SIM or rule of tethering.

    Raises:
        StoreError: the database cannot be read.
    """
    return interface_bills_of(store, [period])[0]


def interface_bills_of(
    store: Store, parts: Sequence[Interval]
) -> list[list[InterfaceBill]]:
    """The same of each part of a period, at once.

    Args:
        store: where.
        parts: half-open.

    Raises:
        StoreError: the database cannot be read.
    """
    with store.read() as connection:
        found = bills_of(connection, parts)
        found_at = places.places(connection)
        exact = set(connection.scalars(_EXACT))
    return [_bills(bills, found_at, exact) for bills in found]


def _bills(
    bills: Mapping[int, Bill], found_at: Mapping[int, Attachment], exact: Container[int]
) -> list[InterfaceBill]:
    found: dict[Attachment, Bill] = {}
    estimated: Counter[Attachment] = Counter()
    for attachment_id, bill in bills.items():
        place = found_at[attachment_id]
        found[place] = found[place] + bill if place in found else bill
        if attachment_id not in exact:
            estimated[place] += bill.l3.bytes
    return [
        InterfaceBill(place, bill.counter, bill.l3, estimated[place])
        for place, bill in sorted(found.items(), key=lambda pair: places.order(pair[0]))
    ]


def explanation(store: Store, period: Interval) -> list[ExplanationRow]:
    """Whose bytes they were.

    Args:
        store: where.
        period: half-open.

    Returns:
        One row for each share and place; the largest first.

    Raises:
        StoreError: the database cannot be read.
    """
    return explanation_of(store, [period])[0]


def explanation_of(
    store: Store,
    parts: Sequence[Interval],
    means: Callable[[ExplanationRow], bool] | None = None,
) -> list[list[ExplanationRow]]:
    """The same of each part of a period, at once.

    Args:
        store: where.
        parts: half-open.
        means: whether a row is wanted, whatever its place and traffic; None for all.

    Raises:
        StoreError: the database cannot be read.
    """
    with store.read() as connection:
        only = None if means is None else _ids_of(connection, means)
        found = shares_of(connection, parts, only)
        found_at = places.places(connection)
        ids = {share_id for amounts in found for _, share_id in amounts}
        shares = _shares(connection, ids)
    kinds: dict[tuple[int, int], ExplanationRow] = {}
    return [_explained(amounts, kinds, found_at, shares) for amounts in found]


def _ids_of(
    connection: Connection, means: Callable[[ExplanationRow], bool]
) -> list[int]:
    """The shares that are wanted: of years, most rows need not be read at all."""
    rows = connection.execute(_SHARES).mappings()
    return [row["share_id"] for row in rows if means(_unmeasured(_NOWHERE, row))]


def _explained(
    amounts: Mapping[tuple[int, int], Traffic],
    kinds: dict[tuple[int, int], ExplanationRow],
    found_at: Mapping[int, Attachment],
    shares: Mapping[int, RowMapping],
) -> list[ExplanationRow]:
    found: dict[ExplanationRow, Traffic] = {}
    for key, traffic in amounts.items():
        row = kinds.get(key)
        if row is None:
            row = kinds[key] = _unmeasured(found_at[key[0]], shares[key[1]])
        found[row] = found[row] + traffic if row in found else traffic
    rows = [replace(row, traffic=traffic) for row, traffic in found.items()]
    return sorted(
        rows, key=lambda row: (-row.traffic.bytes, row.application or "", row.interface)
    )


def _unmeasured(where: Attachment, share: RowMapping) -> ExplanationRow:
    """A row of a share, without its traffic."""
    owned = share["application_id"] != NOBODY
    return ExplanationRow(
        where=where,
        application=share["name"] if owned else None,
        app_kind=share["app_kind"],
        share_kind=share["kind"],
        app_class=share["app_class"],
        uid=share["uid"],
        scope=share["scope"],
        via=share["via"],
        traffic=Traffic(),
    )


def spent(store: Store, period: Interval) -> list[Attributed]:
    """Whose bytes they were, and what was known then of where they cost.

    Args:
        store: where.
        period: half-open.

    Returns:
        One row for each share and attachment that an application has; no processes.

    Raises:
        StoreError: the database cannot be read.
    """
    with store.read() as connection:
        (amounts,) = shares_of(connection, [period])
        found_at = places.attachments(connection)
        shares = _shares(connection, {share_id for _, share_id in amounts})
    found = []
    for (attachment_id, share_id), traffic in amounts.items():
        of = shares[share_id]
        if of["application_id"] != NOBODY:
            application = Application(of["name"], of["app_kind"])
            share = Share(application, of["kind"], of["app_class"], scope=of["scope"])
            row = Attributed(found_at[attachment_id], share, None, traffic)
            found.append(row)
    return found


def _shares(connection: Connection, share_ids: Iterable[int]) -> dict[int, RowMapping]:
    """Shares with the name and the kind of their application."""
    ids = sorted(share_ids)
    found: dict[int, RowMapping] = {}
    for start in range(0, len(ids), _LOOK_UP):
        these = SHARES.c.share_id.in_(ids[start : start + _LOOK_UP])
        rows = connection.execute(_SHARES.where(these)).mappings()
        found |= {row["share_id"]: row for row in rows}
    return found


def spent_by(store: Store, period: Interval, share_ids: Container[int]) -> int:
    """How many bytes some shares have of the bill of a period, both directions.

    Args:
        store: where.
        period: half-open.
        share_ids: of them.

    Raises:
        StoreError: the database cannot be read.
    """
    with store.read() as connection:
        (amounts,) = shares_of(connection, [period])
        billed = set(connection.scalars(_BILLED))
    return sum(
        each.bytes
        for (attachment, share), each in amounts.items()
        if attachment in billed and share in share_ids
    )
