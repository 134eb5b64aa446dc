"""What was recorded as samples for plans: who moved how much of which bill, and when.

Of layer 3, on billed attachments only: what no carrier sees is booked on attachments
of its own. A sample is a stored row and is never cut here, so that samples of
neighbouring intervals are those of both together. Where spans are dropped already,
rows of hours or of days stand for them. Rows without bytes are left out.
"""

from __future__ import annotations

import json
from contextlib import closing
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Integer, bindparam, func, select

from monitor.plans.measured import (
    EVERYTHING,
    Owners,
    Telling,
    Whose,
    owners_of,
    parts_of,
)
from monitor.plans.samples import Sample
from monitor.store import meta, places
from monitor.store.ids import NOBODY
from monitor.store.schema import (
    APPLICATIONS,
    BILL,
    DAYS,
    DAYS_BILL,
    DAYS_EXPLANATION,
    EXPLANATION,
    HOURS,
    HOURS_BILL,
    HOURS_EXPLANATION,
    SHARES,
    SPANS,
)
from monitor.usage import Application, Interval, Share

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping

    from sqlalchemy import Connection, Select, Table

    from monitor.store.engine import Store
    from monitor.usage import Attachment


class _Tier(NamedTuple):
    """The queries of a tier; their rows begin with from, to, attachment and span."""

    bill: Select[*tuple[int, ...]]
    explanation: Select[*tuple[int, ...]]


def billed_attachments(store: Store) -> dict[int, Attachment]:
    """What plans may be asked to pay for.

    Args:
        store: open.

    Returns:
        By the id under which `samples` knows it.

    Raises:
        StoreError: it cannot be read.
    """
    with store.read() as connection:
        found = places.attachments(connection)
    return {key: each for key, each in found.items() if each.billed}


def samples(
    store: Store,
    interval: Interval,
    attachments: Mapping[int, Attachment],
    telling: Telling = EVERYTHING,
    matched: Container[int] = (),
) -> list[Sample]:
    """What was moved in the rows that begin in an interval.

    Args:
        store: open.
        interval: half-open.
        attachments: on which ones, by id.
        telling: what to tell apart.
        matched: ids of those whose network is the plan's on any interface.

    Returns:
        In the order of from, to, attachment, application, member and tethered; the
        samples of a row add up to its bill in each direction.

    Raises:
        StoreError: the database cannot be read.
    """
    found: list[Sample] = []
    with store.read() as connection:
        facts = meta.read(connection)
        hours_s = meta.number(facts, meta.HOURS_PURGED_TO_S)
        spans_s = max(hours_s, meta.number(facts, meta.SPANS_PURGED_TO_S))
        shares = _shares(connection) if telling else {}
        owners = {
            tethered: owners_of(shares, telling, tethered=tethered)
            for tethered in (False, True)
        }
        reading = _Reading(connection, attachments, matched, owners)
        for tier, from_s, to_s in (
            (_DAYS, 0, hours_s),
            (_HOURS, hours_s, spans_s),
            (_SPANS, spans_s, interval.to_s),
        ):
            part = Interval(max(from_s, interval.from_s), min(to_s, interval.to_s))
            if part.from_s < part.to_s:
                found += reading.of(tier, part)
    return found


def sample_of(
    interval: Interval,
    attachment: Attachment,
    who: Whose,
    amounts: tuple[int, int],
    *,
    matched: bool,
) -> Sample:
    """A part of a row as a sample.

    Args:
        interval: of the row.
        attachment: where.
        who: whose.
        amounts: bytes received and sent.
        matched: whether its network is the plan's on any interface.
    """
    return Sample(
        *interval,
        attachment.device,
        who.app or None,
        *amounts,
        (),
        attachment.mcc or None,
        who.tethered,
        who.member or None,
        attachment.iccid or None,
        matched,
    )


class _Reading:
    """Reads one tier after the other."""

    def __init__(
        self,
        connection: Connection,
        attachments: Mapping[int, Attachment],
        matched: Container[int],
        owners: Mapping[bool, Owners[int]],
    ) -> None:
        self._connection = connection
        self._attachments = attachments
        self._matched = matched
        self._owners = owners
        # On a tether less can be told apart, never more.
        self._told = self._owners[False].told

    def of(self, tier: _Tier, interval: Interval) -> Iterator[Sample]:
        """The samples of rows that begin in an interval, in their order."""
        bounds = {"begin_s": interval.from_s, "end_s": interval.to_s}
        bills = self._connection.execute(tier.bill, bounds)
        explanation = self._explained(tier, bounds)
        next_key, next_parts = next(explanation)
        for from_s, to_s, place, span, rx_bytes, tx_bytes in bills:
            key = (from_s, to_s, place, span)
            while next_key < key:  # explained, but not billed: no carrier saw it
                next_key, next_parts = next(explanation)
            found = next_parts if next_key == key else []
            attachment = self._attachments.get(place)
            if attachment is None:
                continue
            owners = self._owners[attachment.tethered]
            for who, received, sent in parts_of((rx_bytes, tx_bytes), found, owners):
                yield sample_of(
                    Interval(from_s, to_s),
                    attachment,
                    who,
                    (received, sent),
                    matched=place in self._matched,
                )

    def _explained(
        self, tier: _Tier, bounds: Mapping[str, int]
    ) -> Iterator[tuple[tuple[int, ...], list[tuple[int, int, int]]]]:
        """The parts of each row of the bill, by key of the row; then the end."""
        if self._told:
            yield from self._parts(tier, {**bounds, "told": json.dumps(self._told)})
        yield (1 << 62,), []

    def _parts(
        self, tier: _Tier, parameters: Mapping[str, int | str]
    ) -> Iterator[tuple[tuple[int, ...], list[tuple[int, int, int]]]]:
        # By the driver: there are hundreds of thousands of rows, and making rows of
        # SQLAlchemy of them took as long as all the rest (measured).
        with closing(self._connection.connection.cursor()) as rows:
            rows.execute(str(tier.explanation), parameters)
            for key, parts in groupby(rows, itemgetter(0, 1, 2, 3)):  # type: ignore[call-overload]  # a cursor is iterated over, PEP 249 only wishes so
                yield key, [part[4:] for part in parts]


def _shares(connection: Connection) -> dict[int, Share]:
    """Whose bytes rows of the explanation hold, by id."""
    wanted = select(
        SHARES, APPLICATIONS.c.name, APPLICATIONS.c.kind.label("app_kind")
    ).select_from(SHARES.join(APPLICATIONS))
    return {
        row["share_id"]: Share(
            application=None
            if row["application_id"] == NOBODY
            else Application(row["name"], row["app_kind"]),
            kind=row["kind"],
            app_class=row["app_class"],
            uid=row["uid"],
            scope=row["scope"],
            via=row["via"],
        )
        for row in connection.execute(wanted).mappings()
    }


def _tier(whens: Table, bill: Table, explanation: Table) -> _Tier:
    of_spans = whens is SPANS
    key = "span_id" if of_spans else "from_s"

    def query(amounts: Table, *more: str) -> Select[*tuple[int, ...]]:
        where = whens.c.attachment_id if of_spans else amounts.c.attachment_id
        order = (whens.c.from_s, whens.c.to_s, where, whens.c[key])
        names = (*more, "rx_bytes", "tx_bytes")
        return (
            select(*order, *(amounts.c[name] for name in names))
            .select_from(whens.join(amounts, whens.c[key] == amounts.c[key]))
            .where(
                whens.c.from_s >= bindparam("begin_s", type_=Integer),
                whens.c.from_s < bindparam("end_s", type_=Integer),
            )
            .order_by(*order, *(amounts.c[name] for name in more))
        )

    told = func.json_each(bindparam("told")).table_valued("value")
    is_told = explanation.c.share_id.in_(select(told.c.value))
    return _Tier(query(bill), query(explanation, "share_id").where(is_told))


_SPANS = _tier(SPANS, BILL, EXPLANATION)
_HOURS = _tier(HOURS, HOURS_BILL, HOURS_EXPLANATION)
_DAYS = _tier(DAYS, DAYS_BILL, DAYS_EXPLANATION)
