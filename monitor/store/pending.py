"""What was counted and is not committed yet, summed up as it comes in.

Bounded: rows are sums by slot, attachment and owner, never single samples. Past the
bounds the explanation gives way, since it can be shown as unattributed; the bill never
does.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from monitor.store.batch import (
    OTHER,
    Batch,
    Event,
    ProcessHour,
    ProcessRow,
    RemoteHour,
    Unplaced,
)
from monitor.usage import Bill, BootInterval, Interval, Traffic, cut, slot_marks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from monitor.usage import Application, Attachment, Process, Share

HOUR_S: Final = 3600
MOST_SHARES: Final = 50_000
MOST_PROCESSES: Final = 20_000
MOST_UNPLACED: Final = 20_000
MOST_REMOTES: Final = 20_000
"""Beyond it every further network is `OTHER`, of which each application has one."""
MOST_NETWORKS: Final = 1000
"""Networks at the other end that an application has by themselves."""


class Pending:
    """Collects one batch; after a commit a new one takes its place."""

    def __init__(self) -> None:
        """Start empty.

        `more_marks` gives the seconds beside the 5-minute marks at which usage is cut:
        boundaries of plans.
        """
        self.batch = Batch()
        self.more_marks: Callable[[Interval], Iterable[int]] = lambda _: ()
        self._networks: Counter[Application] = Counter()
        self._overflowed = False

    def add_bill(
        self, when: Interval | BootInterval, attachment: Attachment, bill: Bill
    ) -> None:
        """Book what a device moved, cut at the 5-minute marks."""
        if isinstance(when, BootInterval):
            if bill.counter:
                self.batch.unplaced.append(
                    Unplaced(*when, attachment, bill, None, Traffic())
                )
            return
        marks = self._marks(when)
        raw = cut(bill.counter, when, marks)
        for (piece, counter), (_, l3) in zip(
            raw, cut(bill.l3, when, marks), strict=True
        ):
            if counter or l3 or not bill.counter:
                key = (piece, attachment)
                before = self.batch.bill.get(key, Bill(Traffic(), Traffic()))
                self.batch.bill[key] = before + Bill(counter, l3)

    def add_share(
        self,
        when: Interval | BootInterval,
        attachment: Attachment,
        share: Share,
        traffic: Traffic,
    ) -> None:
        """Book whose bytes they were, cut at the 5-minute marks."""
        if isinstance(when, BootInterval):
            if len(self.batch.unplaced) < MOST_UNPLACED:
                self.batch.unplaced.append(
                    Unplaced(*when, attachment, None, share, traffic)
                )
            return
        for piece, part in cut(traffic, when, self._marks(when)):
            key = (piece, attachment, share)
            if not part or (
                key not in self.batch.explanation
                and self._full(len(self.batch.explanation), MOST_SHARES, when.to_s)
            ):
                continue
            before = self.batch.explanation.get(key, Traffic())
            self.batch.explanation[key] = before + part

    def add_process(
        self,
        when: Interval | BootInterval,
        hour_of: tuple[Attachment, Application, Process],
        comm: str,
        traffic: Traffic,
    ) -> None:
        """Book the bytes of one process, by clock hour.

        Args:
            when: rows without a calendar time are only kept by application.
            hour_of: attachment, application and process of the row.
            comm: the process's name now.
            traffic: its bytes.
        """
        if isinstance(when, BootInterval):
            return
        for piece, part in cut(traffic, when, self._marks(when)):
            key = ProcessHour(piece.from_s // HOUR_S * HOUR_S, *hour_of)
            before = self.batch.processes.get(key)
            if before is None:
                rows = len(self.batch.processes)
                if not self._full(rows, MOST_PROCESSES, when.to_s):
                    self.batch.processes[key] = ProcessRow(piece, comm, part)
                continue
            self.batch.processes[key] = ProcessRow(
                Interval(
                    min(before.interval.from_s, piece.from_s),
                    max(before.interval.to_s, piece.to_s),
                ),
                comm,
                before.traffic + part,
            )

    def add_remote(
        self, at_s: int, application: Application, remote: str, amounts: tuple[int, int]
    ) -> None:
        """Remember a network at the other end; that is no part of any sum.

        Args:
            at_s: UTC second; its clock hour has the bytes.
            application: whose bytes.
            remote: the network.
            amounts: bytes received and sent.
        """
        known = self.batch.remotes
        key = RemoteHour(at_s - at_s % HOUR_S, application, remote)
        own = self._networks[application]
        if key not in known and (own >= MOST_NETWORKS or len(known) >= MOST_REMOTES):
            key = key._replace(remote=OTHER)
        if key not in known:
            if self._full(len(known), 2 * MOST_REMOTES, at_s):
                return
            self._networks[application] += 1
        rx_bytes, tx_bytes = known.get(key, (0, 0))
        known[key] = (rx_bytes + amounts[0], tx_bytes + amounts[1])

    def add_event(self, at_s: int, kind: str, detail: str) -> None:
        """Note something that a person may ask about."""
        self.batch.events.append(Event(at_s, kind, detail))

    def take(self) -> Batch:
        """Hand out the batch after its commit, and start a new one."""
        done, self.batch = (
            self.batch,
            Batch(sockets_instance=self.batch.sockets_instance),
        )
        self._networks.clear()
        self._overflowed = False
        return done

    def _marks(self, when: Interval) -> list[int]:
        more = [mark for mark in self.more_marks(when) if when.from_s <= mark]
        self.batch.cuts.update(more)
        return [*slot_marks(when), *more]

    def _full(self, rows: int, most: int, at_s: int) -> bool:
        if rows < most:
            return False
        if not self._overflowed:
            self._overflowed = True
            detail = f"more than {most} rows wait for the store: details are left out"
            self.add_event(at_s, "overflow", detail)
        return True
