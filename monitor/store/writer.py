"""The one way in: a run begins, flushes, and ends.

A flush commits the increments together with the counters they came from, in one
transaction. Whatever goes wrong inside, the file is as it was before, and so is the
writer: the same batch, or a larger one, can be flushed again.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, insert, select, update

from monitor.closing import Closing
from monitor.store import (
    alerts,
    amounts,
    ids,
    late,
    meta,
    networks,
    pieces,
    records,
    remotes,
    unplaced,
    wires,
)
from monitor.store.faults import explained
from monitor.store.resume import take_up
from monitor.store.schema import COUNTED_RUNS, RUNS, SPANS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from monitor.devices import DeviceCounters
    from monitor.store.batch import Batch, Resume
    from monitor.store.engine import Store

BUSY_S = 1.0
"""How long a flush waits for a lock: the caller counts on and tries again."""
_TURN_S = 0.4  # for one step of a job; together less than who asks for it waits


# Built once: building a statement costs several times as much as executing it.
_ADVANCE = (
    update(RUNS)
    .where(RUNS.c.run_id == bindparam("mine"))
    .values(
        to_s=bindparam("until_s"),
        from_s=func.min(RUNS.c.from_s, bindparam("until_s")),
    )
)
_LAST_SPAN = select(func.max(SPANS.c.span_id))


class Writer(Closing):
    """Writes what one run of the daemon counts; owned by one thread."""

    def __init__(self, store: Store) -> None:
        """Prepare to write into a store that was opened for writing."""
        self._store = store
        self._connection: Connection | None = None
        self._version: int | None = None
        self._facts: dict[str, str] = {}
        self._ids = ids.Ids("")
        self._newest: dict[int, pieces.Span] = {}
        self._devices: tuple[DeviceCounters, ...] | None = None
        self._boot_id = ""
        self._run_id = 0

    def known_instance(self) -> str:
        """Id of the kernel map whose counters are stored; empty without one.

        Raises:
            StoreError: it cannot be read.
        """
        with self._store.read() as connection:
            return meta.read(connection).get(meta.SOCKETS_INSTANCE, "")

    def was_killed(self, boot_id: str, tier: str) -> bool:
        """Whether the newest run of a tier did not end, and was in this boot.

        Args:
            boot_id: of this boot.
            tier: how bytes found their owner.

        Raises:
            StoreError: it cannot be read.
        """
        runs = select(RUNS.c.boot_id, RUNS.c.ended).where(RUNS.c.tier == tier)
        newest = runs.order_by(RUNS.c.run_id.desc()).limit(1)
        with self._store.read() as connection:
            run = connection.execute(newest).one_or_none()
        return run is not None and run.boot_id == boot_id and not run.ended

    def start(
        self, boot_id: str, at_s: int, tier: str, version: str, boot_s: int
    ) -> Resume:
        """Begin a run; the time since the run before becomes a gap.

        Args:
            boot_id: of this boot.
            at_s: UTC second now.
            tier: how bytes find their owner.
            version: of esimmon.
            boot_s: UTC second at which this boot's CLOCK_BOOTTIME was 0.

        Returns:
            Where the counting stood, to go on from there.

        Raises:
            StoreError: nothing was written.
        """
        run = {
            "boot_id": boot_id,
            "boot_s": boot_s,
            "from_s": at_s,
            "to_s": at_s,
            "tier": tier,
            "version": version,
            "ended": 0,
        }
        with self._transaction() as connection:
            newest = COUNTED_RUNS.order_by(RUNS.c.run_id.desc()).limit(1)
            before = connection.execute(newest).mappings().one_or_none()
            made = connection.execute(insert(RUNS).values(run))
            run_id = ids.key_of(made)
            if before is not None:
                counted_s = meta.counted_until_s(self._facts, boot_id, boot_s)
                run["run_id"] = run_id
                records.write_gap(connection, before, run, counted_s)
            last_s = None if before is None else int(before["to_s"])
            resume = take_up(connection, run_id, last_s, self._facts)
        self._run_id, self._boot_id, self._ids = run_id, boot_id, ids.Ids(boot_id)
        self._newest = {}
        return resume

    def flush(self, batch: Batch, at_s: int, *, trusted: bool) -> None:
        """Commit all of a batch, or nothing of it.

        Args:
            batch: what happened since the last flush that returned.
            at_s: UTC second up to which it counts.
            trusted: whether `at_s` is known to be true.

        Raises:
            StoreError: nothing was written; `reason` says why. Flush it again.
        """
        with self._transaction() as connection:
            usage = amounts.Usage(cuts=batch.cuts)
            for (when, attachment), bill in batch.bill.items():
                usage.bill[when, self._ids.attachment(connection, attachment)] += bill
            for (when, attachment, share), traffic in batch.explanation.items():
                at = self._ids.attachment(connection, attachment)
                whose = self._ids.share(connection, share)
                usage.explanation[when, at, whose] += traffic
            newest = {} if batch.cut else self._newest
            newest = self._write_usage(connection, usage, self._run_id, newest)
            records.write_processes(connection, batch, self._ids)
            unplaced.write(connection, batch, self._ids, self._boot_id)
            if batch.devices != self._devices:
                records.write_devices(connection, batch)
            instance = self._facts.get(meta.SOCKETS_INSTANCE, "")
            records.write_sockets(connection, batch, instance)
            for part in (wires, networks, alerts):
                part.write(connection, batch)
            remotes.write(connection, batch, self._ids)
            records.write_events(connection, batch)
            facts = self._advance(connection, batch, at_s, trusted=trusted)
        self._newest, self._facts = newest, facts
        self._devices = batch.devices

    def place(self, boot_id: str, offset_s: int) -> int:
        """Give calendar times to what has waited for one.

        Args:
            boot_id: the boot whose rows are placed.
            offset_s: UTC second at which that boot's CLOCK_BOOTTIME was 0.

        Returns:
            How many rows were placed.

        Raises:
            StoreError: nothing was moved.
        """
        with self._transaction() as connection:
            count, usage = unplaced.take(connection, boot_id, offset_s)
            of_boot = select(func.max(RUNS.c.run_id)).where(RUNS.c.boot_id == boot_id)
            run_id = connection.execute(of_boot).scalar_one() or self._run_id
            self._write_usage(connection, usage, run_id, {})
        return count

    def stop(self, at_s: int) -> None:
        """Say that the run ended cleanly, and give the connection back.

        Args:
            at_s: UTC second up to which was counted.

        Raises:
            StoreError: the end stays unmarked; the run will look as if it was killed.
        """
        try:
            with self._transaction() as connection:
                mine = update(RUNS).where(RUNS.c.run_id == self._run_id)
                connection.execute(mine.values(to_s=at_s, ended=1))
        finally:
            self.close()

    def close(self) -> None:
        """Give the connection back without a word about the run."""
        connection, self._connection, self._version = self._connection, None, None
        self._ids.forget()
        if connection is not None:
            connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        """One transaction on the writer's own connection, which is new after a fault.

        The memory of ids is dropped after a fault and whenever somebody else wrote.
        """
        path = self._store.path
        try:
            with explained(path):
                self._store.insist_on_files()
                if self._connection is None:
                    self._connection = self._store.writer_connection(BUSY_S)
                with self._store.turns.take(_TURN_S), self._connection.begin():
                    self._notice_others(self._connection)
                    yield self._connection
        except BaseException:
            self.close()
            raise

    def _notice_others(self, connection: Connection) -> None:
        version = connection.exec_driver_sql("PRAGMA data_version").scalar_one()
        if version != self._version:
            self._version = version
            self._facts = meta.read(connection)
            self._ids.forget()
        self._ids.trim()

    def _write_usage(
        self,
        connection: Connection,
        usage: amounts.Usage,
        run_id: int,
        newest: dict[int, pieces.Span],
    ) -> dict[int, pieces.Span]:
        """Write usage into spans, or into what is left of its time.

        Returns:
            By attachment, the spans that may be continued.
        """
        for when, _ in usage.pieces():
            pieces.check(when)
        purged_to_s = meta.number(self._facts, meta.SPANS_PURGED_TO_S)
        old, current = usage.split(purged_to_s)
        if old.pieces():
            hours_s = meta.number(self._facts, meta.HOURS_PURGED_TO_S)
            late.add(connection, old, hours_s)
        last = connection.execute(_LAST_SPAN).scalar_one() or 0
        assignment = pieces.assign(current.pieces(), newest, last + 1, current.cuts)
        records.write_spans(connection, assignment, run_id)
        amounts.add_to_spans(connection, current, assignment.span_ids)
        records.mark_stale(connection, current.pieces())
        records.see_attachments(connection, usage.pieces())
        return assignment.newest

    def _advance(
        self, connection: Connection, batch: Batch, at_s: int, *, trusted: bool
    ) -> dict[str, str]:
        """Move the run's end and the facts of the store; returns those facts."""
        connection.execute(_ADVANCE, {"mine": self._run_id, "until_s": at_s})
        facts = meta.of_checkpoint(batch, self._boot_id)
        if batch.sockets_instance:
            facts[meta.SOCKETS_INSTANCE] = batch.sockets_instance
        if batch.remotes_kept_s is not None:
            facts[meta.REMOTES_KEPT_S] = str(batch.remotes_kept_s)
        if trusted:
            known_s = meta.number(self._facts, meta.LAST_TRUSTED_S)
            facts[meta.LAST_TRUSTED_S] = str(max(known_s, at_s))
        changed = dict(facts.items() - self._facts.items())
        meta.put(connection, changed)
        return self._facts | facts
