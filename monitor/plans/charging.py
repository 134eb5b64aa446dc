"""A piece of a sample on its way through lots, overage, caps and members."""

from __future__ import annotations

from bisect import insort
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.plans.metering import Metered
from monitor.plans.queueing import start_due
from monitor.plans.scopes import Who

if TYPE_CHECKING:
    from monitor.plans.books import Books
    from monitor.plans.lots import Lot
    from monitor.plans.samples import Sample
    from monitor.plans.straddling import Flow

NOT_OURS: Final = 0
UNCOVERED: Final = 1
ZERO_RATED: Final = 2
COUNTED: Final = 3
# Kinds of what was taken, as `Metered` has them.
_SCOPED, _OVERAGE, _MAIN = 0, 1, 2


class Route(NamedTuple):
    """Where bytes of one kind go until something changes.

    Attributes:
        kind: one of the four above.
        lots: places in `Books.lots`, in the order of consumption.
        caps: places in `Books.caps`.
        member: whose use it is; None for nobody's.
    """

    kind: int
    lots: tuple[int, ...] = ()
    caps: tuple[int, ...] = ()
    member: str | None = None


class Aside(NamedTuple):
    """A piece of a sample that was not counted.

    Attributes:
        start_s: UTC second at which it begins.
        end_s: UTC second at which it ends.
        sample: what it is a part of.
        zero_rated_bytes: free of charge.
        uncovered_bytes: outside of countries and validity.
    """

    start_s: int
    end_s: int
    sample: Sample
    zero_rated_bytes: int
    uncovered_bytes: int


class Piece:
    """A part of a sample in which nothing turns.

    Attributes:
        start_s: UTC second at which it begins.
        end_s: UTC second at which it ends, or is cut.
        flow: of the whole sample.
        before_bytes: of the sample that were charged already.
    """

    __slots__ = ("before_bytes", "end_s", "flow", "start_s")

    def __init__(self, flow: Flow, start_s: int, before_bytes: int = 0) -> None:
        """Take what is left of a sample from an instant on."""
        self.flow = flow
        self.start_s = start_s
        self.end_s = flow.to_s
        self.before_bytes = before_bytes


def route(books: Books, sample: Sample) -> Route:
    """Find where bytes go now.

    Args:
        books: of the plan, at the instant.
        sample: whose bytes.

    Returns:
        The route, right until a lot or a window changes.
    """
    contract, at_s = books.contract, books.clock_s
    if not contract.belonging.has(sample, at_s):
        return Route(NOT_OURS)
    if not contract.is_covered(sample.mcc):
        return Route(UNCOVERED)
    who = Who(sample.app, sample.tethered, sample.member, sample.mcc)
    places = [
        place
        for place, lot in enumerate(books.lots)
        if lot.start_s <= at_s
        and (lot.has_bytes or not lot.is_counted)
        and lot.offer.reach.suits(who)
        and lot.offer.reach.is_open(at_s)
    ]
    if places and not books.lots[places[0]].is_counted:
        return Route(ZERO_RATED)
    caps = (
        place
        for place, cap in enumerate(contract.caps)
        if cap.suits(who) and cap.is_open(at_s)
    )
    member = sample.member if sample.member in contract.members else None
    return Route(COUNTED, tuple(places), tuple(caps), member)


def charge(books: Books, piece: Piece, route: Route) -> None:
    """Charge a piece.

    Where a top-up that had waited starts within the piece and is over before its end,
    the piece is cut there. Afterwards `end_s` and `before_bytes` say what is left of
    the sample.

    Args:
        books: of the plan, at the start of the piece.
        piece: what moved; `end_s` is not beyond the next turn of things.
        route: where it goes.
    """
    before_bytes, count = piece.before_bytes, books.contract.plan.count
    upto_bytes = max(before_bytes, piece.flow.counted(piece.end_s, count))
    piece.before_bytes = upto_bytes
    if route.kind == UNCOVERED:
        _put_aside(books, piece, uncovered_bytes=upto_bytes - before_bytes)
    elif route.kind == ZERO_RATED:
        _put_aside(books, piece, zero_rated_bytes=upto_bytes - before_bytes)
    elif upto_bytes > before_bytes:
        taken = _take(books, piece, before_bytes, [books.lots[i] for i in route.lots])
        counted_bytes = sum(part for part, _ in taken)
        books.note_shared(counted_bytes, route.caps, route.member)
        if any(kind for _, kind in taken):
            span = (piece.start_s, piece.end_s)
            books.meter.add_piece(
                Metered(*span, piece.flow, before_bytes, taken, count)
            )


def _put_aside(
    books: Books, piece: Piece, zero_rated_bytes: int = 0, uncovered_bytes: int = 0
) -> None:
    """Note what is not counted."""
    books.zero_rated_bytes += zero_rated_bytes
    books.uncovered_bytes += uncovered_bytes
    if books.aside is not None:
        what = (piece.flow.sample, zero_rated_bytes, uncovered_bytes)
        books.aside.append(Aside(piece.start_s, piece.end_s, *what))


def _take(
    books: Books, piece: Piece, before_bytes: int, lots: list[Lot]
) -> tuple[tuple[int, int], ...]:
    """What lots take one after another, then overage; in a gap that is uncovered."""
    taken: list[tuple[int, int]] = []
    total_bytes = 0
    while lots and total_bytes < piece.before_bytes - before_bytes:
        lot = lots.pop(0)
        part_bytes = lot.take(piece.before_bytes - before_bytes - total_bytes)
        if not part_bytes:
            continue
        total_bytes += part_bytes
        taken.append((part_bytes, _MAIN if lot.is_main else _SCOPED))
        books.note_taken(part_bytes, is_main=lot.is_main)
        if not lot.has_bytes:
            books.is_stale = True
            _start_within(books, piece, (before_bytes, total_bytes), lots)
    rest_bytes = piece.before_bytes - before_bytes - total_bytes
    if rest_bytes and books.phase == "gap":
        _put_aside(books, piece, uncovered_bytes=rest_bytes)
    elif rest_bytes:
        books.overage_bytes += rest_bytes
        taken.append((rest_bytes, _OVERAGE))
    return tuple(taken)


def _start_within(
    books: Books, piece: Piece, sums: tuple[int, int], lots: list[Lot]
) -> None:
    """A top-up that waited starts at the byte that emptied the main lots."""
    before_bytes, total_bytes = sums
    length_s = piece.end_s - piece.start_s
    amount_bytes = piece.before_bytes - before_bytes
    at_s = piece.start_s + length_s * total_bytes // amount_bytes
    lot = start_due(books, at_s)
    if lot is None:
        return
    reach, sample = lot.offer.reach, piece.flow.sample
    who = Who(sample.app, sample.tethered, sample.member, sample.mcc)
    if reach.suits(who) and reach.is_open(at_s):
        insort(lots, lot, key=lambda each: each.order)
    cut_s = min(lot.end_s, reach.next_edge(at_s))
    if cut_s < piece.end_s:
        upto_bytes = piece.flow.counted(cut_s, books.contract.plan.count)
        piece.end_s = cut_s
        piece.before_bytes = max(before_bytes + total_bytes, upto_bytes)
