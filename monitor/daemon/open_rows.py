"""The newest rows of usage as the store has them or will have them, for the plans.

The store joins what follows on into one row (`monitor.store.pieces`), so a plan that
was charged tick by tick would not always say what it says when it is charged from the
store. Here the same rows are made in memory, of what was committed since the last
closed 5-minute slot and of what is still pending.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from monitor.plans.measured import owners_of, parts_of
from monitor.store.pieces import Span, assign
from monitor.store.samples import sample_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from monitor.plans.measured import Telling
    from monitor.plans.samples import Sample
    from monitor.store.batch import Batch
    from monitor.usage import Attachment, Bill, Share, Traffic


@dataclass(slots=True)
class _Row:
    """A row of the bill with its explanation: bytes received and sent."""

    span: Span
    attachment: Attachment
    rx_bytes: int = 0
    tx_bytes: int = 0
    parts: dict[Share, tuple[int, int]] = field(default_factory=dict)
    is_billed: bool = False

    def bill(self, amount: Bill) -> None:
        """More was moved."""
        self.is_billed = True
        self.rx_bytes += amount.l3.rx_bytes
        self.tx_bytes += amount.l3.tx_bytes

    def explain(self, share: Share, traffic: Traffic) -> None:
        """More is known of whose it was."""
        rx_bytes, tx_bytes = self.parts.get(share, (0, 0))
        self.parts[share] = (
            rx_bytes + traffic.rx_bytes,
            tx_bytes + traffic.tx_bytes,
        )

    def samples(self, telling: Telling, *, matched: bool) -> Iterator[Sample]:
        """The row, by whom a plan may tell apart."""
        where = self.attachment
        shares = {share: share for share in self.parts} if telling else {}
        owners = owners_of(shares, telling, tethered=where.tethered)
        # In one order, as the store has it: whose a tunnel was is the last one's word.
        found = [(share, *self.parts[share]) for share in owners.told]
        parts = parts_of((self.rx_bytes, self.tx_bytes), found, owners)
        for who, received, sent in parts:
            amounts = received, sent
            yield sample_of(self.span.interval, where, who, amounts, matched=matched)

    def copy(self) -> _Row:
        """The same, to go on with another batch."""
        return _Row(
            self.span,
            self.attachment,
            self.rx_bytes,
            self.tx_bytes,
            dict(self.parts),
            self.is_billed,
        )


class OpenRows:
    """Rows that may still grow."""

    def __init__(self) -> None:
        """Begin without any, as the store does with each run."""
        self._places: dict[Attachment, int] = {}
        self._newest: dict[int, Span] = {}
        self._rows: dict[int, _Row] = {}
        self._next_id = 1

    def copy(self) -> Self:
        """The same rows, to go on with another batch."""
        made = type(self)()
        made._places = dict(self._places)  # noqa: SLF001 - of one class
        made._newest = dict(self._newest)  # noqa: SLF001
        made._rows = {number: row.copy() for number, row in self._rows.items()}  # noqa: SLF001
        made._next_id = self._next_id  # noqa: SLF001
        return made

    def add(self, batch: Batch) -> None:
        """Take in what one flush writes.

        Args:
            batch: committed, or about to be.
        """
        bill = {key: value for key, value in batch.bill.items() if key[1].billed}
        explanation = {
            key: value for key, value in batch.explanation.items() if key[1].billed
        }
        pieces = {*bill, *((piece, where) for piece, where, _ in explanation)}
        for _, where in sorted(pieces, key=lambda key: key[0]):
            self._places.setdefault(where, len(self._places))
        keys = [(piece, self._places[where]) for piece, where in pieces]
        newest = {} if batch.cut else self._newest
        made = assign(keys, newest, self._next_id, batch.cuts)
        self._newest = made.newest
        self._next_id += len(made.made)
        attachments = list(self._places)
        for number, span in (made.made | made.extended).items():
            if number not in self._rows:
                self._rows[number] = _Row(span, attachments[span.attachment_id])
            self._rows[number].span = span
        for (piece, where), amount in bill.items():
            self._rows[made.span_ids[piece, self._places[where]]].bill(amount)
        for (piece, where, share), traffic in explanation.items():
            place = made.span_ids[piece, self._places[where]]
            self._rows[place].explain(share, traffic)

    def drop(self, until_s: int) -> None:
        """Forget rows that no batch will add to.

        Args:
            until_s: UTC second at which they end, or before.
        """
        self._rows = {
            number: row
            for number, row in self._rows.items()
            if row.span.interval.to_s > until_s or row.span.interval.from_s >= until_s
        }

    def samples(
        self,
        telling: Telling,
        since_s: int,
        is_matched: Callable[[Attachment], bool | None],
    ) -> list[Sample]:
        """The rows as `monitor.store.samples` will give them.

        Args:
            telling: what to tell apart.
            since_s: UTC second; rows that began before it are left out.
            is_matched: whether the network of an attachment is the plan's on any
                interface; None where the attachment is not wanted.

        Returns:
            In the order of from, to and attachment, and what `parts_of` makes of each.
        """
        rows = [
            (row, matched)
            for row in self._rows.values()
            if row.is_billed
            and row.span.interval.from_s >= since_s
            and (matched := is_matched(row.attachment)) is not None
        ]
        rows.sort(key=lambda pair: (*pair[0].span.interval, pair[0].span.span_id))
        return [
            sample
            for row, matched in rows
            for sample in row.samples(telling, matched=matched)
        ]
