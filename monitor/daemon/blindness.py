"""What the monitor did not see or cannot keep, gathered between two judgements."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from monitor.alerts import Missed, Seen, Unwritten
from monitor.counting.booking import unexplained
from monitor.usage import BootInterval, Interval

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from monitor.counting.live import Ticked
    from monitor.errors import StoreError
    from monitor.store.batch import Event


class _Failure(NamedTuple):
    since_ns: int
    error: StoreError


class Blindness:
    """Gathers it; `found` gives what there is."""

    def __init__(self, tiers: Sequence[str], mended: str = "") -> None:
        """Know of nothing but the tiers, and of what the start found.

        Args:
            tiers: of this run and of the run before, as far as there was one.
            mended: what the start did to the database; empty when all was well.
        """
        self._mended = mended
        self._tier, self._before = (*tiers, "", "")[:2]
        self._gap: tuple[Interval | BootInterval, int] | None = None
        self._failure: _Failure | None = None
        self._overflow = ""

    def see(self, tick: Ticked | None, events: Iterable[Event]) -> None:
        """Take in a tick, before its batch is flushed.

        Args:
            tick: the last one; None before the first.
            events: of the batch.
        """
        if tick is not None and tick.missed:
            self._gap = tick.when, _missed_bytes(tick)
        # All of them: that is told once a day, and the last need not be the worst.
        details = [event.detail for event in events if event.kind == "overflow"]
        self._overflow = "; ".join(dict.fromkeys(details)) or self._overflow

    def failed(self, error: StoreError, at_ns: int) -> None:
        """The database could not be written.

        Args:
            error: why.
            at_ns: CLOCK_BOOTTIME.
        """
        since_ns = at_ns if self._failure is None else self._failure.since_ns
        self._failure = _Failure(since_ns, error)

    def wrote(self) -> None:
        """The database was written."""
        self._failure = None

    def found(self, second: Callable[[int], int]) -> Seen:
        """What there is to judge; what has happened is given once.

        Args:
            second: the UTC second of a CLOCK_BOOTTIME.
        """
        gap = unwritten = None
        if self._gap is not None:
            when, moved_bytes = self._gap
            if isinstance(when, BootInterval):
                when = Interval(second(when.from_ns), second(when.to_ns))
            gap = Missed(when, moved_bytes)
        if self._failure is not None:
            error = self._failure.error
            since_s = second(self._failure.since_ns)
            unwritten = Unwritten(since_s, error.reason, str(error))
        seen = Seen(
            self._tier, self._before, gap, unwritten, self._overflow, self._mended
        )
        self._gap, self._overflow, self._mended = None, "", ""
        return seen


def _missed_bytes(tick: Ticked) -> int:
    """What nobody can explain, over networks that may cost."""
    return sum(
        rest.bytes
        for where, rest in unexplained(tick.bills, tick.rows).items()
        if where.billed and where.metered is not False
    )
