"""The kernel's socket rows between two ticks: what changed, whose, and what may go.

Holds the last counters (the checkpoint), the facts of owners, and which rows are quiet.
A row whose process has ended goes when it was quiet for a while, and only after its
last value was committed. What moves later still (a retransmission, the other side's
FIN) makes a row anew, and finds its owner in the memory of those that went last.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from monitor.attribution.shares import nobody
from monitor.clock import SECOND_NS
from monitor.counters import socket_usage
from monitor.errors import SourceError
from monitor.usage import Owner, Process, SocketCounters, SocketKey, Traffic

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from monitor.devices import Link
    from monitor.sources import SocketSource
    from monitor.store.batch import Batch, Resume

Rows = dict[SocketKey, SocketCounters]

QUIET_NS: Final = 20 * SECOND_NS
"""How long a dead process's row is kept: FIN and ACK tails are booked to it."""
CROWDED_ROWS: Final = 8192
"""An eighth of the kernel's room: from there on rows go at each tick, once written."""
_CROWDED_QUIET_NS: Final = 2 * SECOND_NS
_MOST_RECENT: Final = 2048

_FAILURES: Final = (
    "packets found no room for a row of their own: they are in no program's sum",
    "programs found no room for their name",
    "uses of a socket could not be marked with who it was",
    "forwarded packets found no room for where they went",
    "packets found no room for whom they went to",
)


class SocketRows:
    """What is known of the rows of one kernel map."""

    def __init__(self, source: SocketSource) -> None:
        """Know nothing yet."""
        self._source = source
        self._last: Rows = {}
        self._inherited: dict[SocketKey, Traffic] = {}
        self._processes: dict[Owner, Process] = {}
        self._changed_ns: dict[SocketKey, int] = {}
        self._ended: set[Owner] = set()
        self._ended_before: set[Owner] = set()
        self._recent: dict[Owner, Process] = {}
        self._mtus: dict[int, int] = {}
        self._failures = (0,) * len(_FAILURES)

    @property
    def instance_id(self) -> str:
        """Id of the kernel map."""
        return self._source.instance_id

    @property
    def is_crowded(self) -> bool:
        """Whether the kernel may soon have no room for more."""
        return len(self._last) >= CROWDED_ROWS

    def resume(
        self, resume: Resume, replaced: Mapping[SocketKey, SocketCounters] | None
    ) -> None:
        """Take up by the checkpoint.

        Args:
            resume: what the store knows; its rows count only for the same map.
            replaced: last counters of a map that the store knows and that this one
                took over from.
        """
        if replaced is not None:
            self._inherited = socket_usage(resume.sockets, replaced)
        if self.instance_id == resume.sockets_instance:
            self._last = dict(resume.sockets)

    def read(self) -> Rows:
        """All rows now.

        Raises:
            SourceError: the kernel refused.
        """
        return self._source.read()

    def usage(self, rows: Rows) -> dict[SocketKey, Traffic]:
        """What moved since the rows remembered last, by row."""
        changed = socket_usage(self._last, rows)
        for key, traffic in self._inherited.items():
            changed[key] = changed.get(key, Traffic()) + traffic
        return changed

    def find(self, owner: Owner) -> Process:
        """Facts of an owner, `nobody` without any: a refusal must not stop a tick."""
        found = self._processes.get(owner)
        if found is None:
            try:
                found = self._source.process(owner)
            except SourceError:
                found = None
            if found is None:
                return self._recent.get(owner) or nobody(owner)
            self._processes[owner] = found
        return found

    def name(self, process: Process) -> str:
        """What a process calls itself now: it may have renamed itself."""
        try:
            return self._source.comm(process.owner) or process.comm
        except SourceError:
            return process.comm

    def remember(self, rows: Rows, batch: Batch, now_ns: int) -> None:
        """Advance the checkpoint to these rows, in the batch that will be flushed."""
        self._inherited = {}
        for key, counters in rows.items():
            if self._last.get(key) != counters:
                batch.sockets_changed[key] = counters
                batch.sockets_removed.discard(key)
                self._changed_ns[key] = now_ns
        for key in self._last.keys() - rows.keys():
            self._forget(key, batch)
        self._last = rows
        self._ended_before = self._ended

    def _forget(self, key: SocketKey, batch: Batch) -> None:
        batch.sockets_changed.pop(key, None)
        batch.sockets_removed.add(key)
        self._changed_ns.pop(key, None)

    def retire(self, batch: Batch, now_ns: int) -> dict[SocketKey, Traffic]:
        """Let go of what died long ago; call it right after a commit.

        Args:
            batch: the next one: it takes the rows out of the checkpoint.
            now_ns: CLOCK_BOOTTIME of the last tick.

        Returns:
            What the rows still moved since then; nearly always nothing.

        Raises:
            SourceError: the kernel refused.
        """
        self._source.drop_previous()
        ended = self._source.exited()
        quiet = self._quiet(ended, now_ns)
        last = self._source.remove(quiet)
        moved = socket_usage(self._last, last)
        for key in quiet:
            del self._last[key]
            self._forget(key, batch)
        # One that ended since the last read may have a row nobody has read yet.
        gone = (ended & self._ended_before) - {key.owner for key in self._last}
        self._source.remove_owners(gone)
        self._ended = ended - gone
        for owner in gone:
            self._recall(owner)
        return moved

    def _recall(self, owner: Owner) -> None:
        """Keep who went last in a memory of its own."""
        process = self._processes.pop(owner, None)
        if process is not None:
            if len(self._recent) >= _MOST_RECENT:
                del self._recent[next(iter(self._recent))]
            self._recent[owner] = process

    def _quiet(self, ended: set[Owner], now_ns: int) -> list[SocketKey]:
        wait_ns = _CROWDED_QUIET_NS if self.is_crowded else QUIET_NS
        return [
            key
            for key in self._last
            if key.owner in ended
            and now_ns - self._changed_ns.setdefault(key, now_ns) >= wait_ns
        ]

    def new_failures(self) -> list[str]:
        """What found no room in the kernel's maps since the last call, for people.

        Raises:
            SourceError: the kernel refused.
        """
        health = self._source.health()
        counts = (
            health.failed_rows,
            health.failed_owners,
            health.failed_storage,
            health.failed_hops,
            health.failed_remotes,
        )
        new = [now - then for now, then in zip(counts, self._failures, strict=True)]
        self._failures = counts
        return [
            f"{number} {what}"
            for number, what in zip(new, _FAILURES, strict=True)
            if number > 0
        ]

    def remotes(self) -> Iterator[tuple[tuple[Owner, str], tuple[int, int]]]:
        """Bytes received and sent by owner and network at the other end.

        The kernel forgets them with that. They are a memory and no part of any sum: a
        refusal must not stop a tick, of which the sums are booked already.
        """
        if self._source.wires is None:
            return
        with suppress(SourceError):
            for (owner, network), amounts in self._source.wires.take_remotes().items():
                yield (owner, str(network)), amounts

    def count_remotes(self, *, on: bool) -> None:
        """Begin or end to count by that network; whatever the kernel still has goes.

        Args:
            on: whether to.

        Raises:
            SourceError: the kernel refused.
        """
        if self._source.wires is not None:
            self._source.wires.set_remotes(on=on)
            if not on:
                self._source.wires.take_remotes()

    def set_mtus(self, links: Iterable[Link]) -> None:
        """Tell the kernel's side how large fragments are, where that changed."""
        for link in links:
            if self._mtus.get(link.ifindex) != link.mtu:
                self._source.set_mtu(link.ifindex, link.mtu)
                self._mtus[link.ifindex] = link.mtu
