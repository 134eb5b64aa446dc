"""Samples and time on their way into the books of a plan.

A sample that meets no boundary is charged at once. Any other one goes piece by piece:
what reaches beyond the next turn of things waits until time or a later sample comes
there, so pieces are charged in order of their start.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING, Final

from monitor.errors import PlanError
from monitor.plans.background import Nights
from monitor.plans.books import Books
from monitor.plans.charging import COUNTED, NOT_OURS, UNCOVERED, Piece, Route
from monitor.plans.charging import charge as charge_piece
from monitor.plans.charging import route as route_of
from monitor.plans.copying import twin
from monitor.plans.localtime import NEVER
from monitor.plans.queueing import is_due, start_due
from monitor.plans.straddling import Flow
from monitor.plans.turning import activate, begin, next_event, turn

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.plans.contract import Contract
    from monitor.plans.samples import Sample

_Key = tuple[str, str | None, bool | None, str | None, str | None, str | None, bool]
_RUNNING: Final = ("valid", "gap")
_STAYS: Final = 100


class Feed:
    """What is not charged yet, and until when charging is simple.

    Attributes:
        books: what is charged.
        nights: raw bytes for the background alert; None where it is not asked for.
        stays: begun stays in countries outside the plan, the last 100.
    """

    __slots__ = (
        *("_count", "_cut_s", "_heap", "_mcc", "_number", "_quiet_s", "_routes"),
        *("books", "nights", "stays"),
    )

    def __init__(self, contract: Contract) -> None:
        """Begin before everything."""
        plan = contract.plan
        background = plan.alerts.background
        self.books = Books(contract)
        self.nights = Nights(background, plan.tz) if background else None
        self.stays: tuple[tuple[int, str], ...] = ()
        self._count = plan.count
        self._mcc: str | None = None
        self._heap: list[tuple[int, int, Flow, int]] = []
        self._number = 0
        self._routes: dict[_Key, Route] = {}
        self._cut_s = self._quiet_s = -NEVER

    def copy(self) -> Feed:
        """A feed that goes on apart from this one; what is known of lots is shared."""
        nights = None if self.nights is None else self.nights.copy()
        return twin(self, books=self.books.copy(), _heap=self._heap[:], nights=nights)

    def is_at(self, at_s: int) -> bool:
        """Whether time was moved to an instant, and nothing waits to be done there.

        Args:
            at_s: UTC seconds.
        """
        books = self.books
        is_there = books.clock_s == at_s < self.turns_s
        return is_there and not books.is_stale and books.phase != "always"

    @property
    def steady_until_s(self) -> int:
        """UTC second until which nothing turns by itself."""
        return -NEVER if self.books.is_stale else self._quiet_s

    @property
    def turns_s(self) -> int:
        """Until when nothing changes without a sample, as time was last moved."""
        return min(self._cut_s, self.books.meter.day_end_s)

    def charge(self, samples: Iterable[Sample], until_s: int = NEVER) -> None:
        """Take further samples.

        Args:
            samples: in order of their start.
            until_s: UTC second; what samples moved after it is left out.

        Raises:
            PlanError: one starts before what was charged last.
        """
        for sample in samples:
            if sample.to_s > until_s or not self._charge_whole(sample):
                self._charge_in_pieces(Flow(sample, until_s))

    def advance(self, at_s: int) -> None:
        """Move time on.

        Args:
            at_s: UTC seconds; samples that reach beyond are charged up to it.

        Raises:
            PlanError: it has been there already.
        """
        if at_s < self.books.clock_s:
            self._refuse(f"asked at {at_s}, it is at {self.books.clock_s} already")
        while self._heap and self._heap[0][0] < at_s:
            self._work_off(at_s)
        self._settle(at_s)
        self._look_ahead()

    def begin(self) -> None:
        """Begin the history of a plan that has always been valid, if it has not."""
        if self.books.phase == "always":
            begin(self.books)
            self._settle(self.books.clock_s)

    def _charge_whole(self, sample: Sample) -> bool:
        """Charge a sample that meets no boundary and takes from one lot only."""
        (
            from_s,
            to_s,
            iface,
            app,
            rx,
            tx,
            awake,
            mcc,
            tethered,
            member,
            iccid,
            matched,
        ) = sample
        books, quiet_s = self.books, self._quiet_s
        if not (books.clock_s <= from_s < quiet_s and from_s <= to_s <= quiet_s):
            return False
        route = self._routes.get((iface, app, tethered, member, mcc, iccid, matched))
        if route is None or awake or route.kind != COUNTED:
            return False
        if mcc is not None and mcc != self._mcc:
            return False
        if self._count == "rx":
            tx = 0
        elif self._count == "tx":
            rx = 0
        if not self._take(route, (from_s, to_s), rx, tx):
            return False
        books.clock_s = from_s
        if self.nights is not None:
            self.nights.add_whole(sample)
        return True

    def _take(self, route: Route, span: tuple[int, int], rx: int, tx: int) -> bool:
        """Charge a whole sample; False where it takes more than one thing."""
        books, amount_bytes, is_metered = self.books, rx + tx, True
        if route.lots:
            lot = books.lots[route.lots[0]]
            if lot.left_bytes is not None:
                if lot.left_bytes <= amount_bytes:
                    return False
                lot.left_bytes -= amount_bytes
            lot.taken_bytes += amount_bytes
            is_metered = lot.is_main
            books.note_taken(amount_bytes, is_main=is_metered)
        elif books.cycle is None:
            return False
        else:
            books.overage_bytes += amount_bytes
        if is_metered:
            books.meter.add_whole(span, rx, tx, is_main=bool(route.lots))
        if route.caps or route.member is not None:
            books.note_shared(amount_bytes, route.caps, route.member)
        return True

    def _charge_in_pieces(self, flow: Flow) -> None:
        if flow.from_s < self.books.clock_s:
            self._refuse(
                f"a sample of {flow.sample.iface} starts at {flow.from_s}, "
                f"others were charged up to {self.books.clock_s}"
            )
        self._number += 1
        heappush(self._heap, (flow.from_s, self._number, flow, 0))
        while self._heap and self._heap[0][0] <= flow.from_s:
            self._work_off(NEVER)
        self._look_ahead()

    def _work_off(self, limit_s: int) -> None:
        """Charge the piece that is next, up to a limit or the next turn of things."""
        start_s, number, flow, before_bytes = heappop(self._heap)
        self._settle(start_s)
        route = self._begun_by(flow, start_s)
        piece = Piece(flow, start_s, before_bytes)
        piece.end_s = max(start_s, min(flow.to_s, self._cut_s, limit_s))
        is_ours = route.kind != NOT_OURS
        if is_ours and not before_bytes:
            self._note_country(flow.sample.mcc, start_s)
        if is_ours and self.books.phase in _RUNNING:
            charge_piece(self.books, piece, route)
        else:
            piece.before_bytes = flow.counted(piece.end_s, self._count)
        if is_ours and self.nights is not None:
            self.nights.add(flow, start_s, piece.end_s)
        if piece.end_s < flow.to_s:
            rest = (piece.end_s, number, flow, piece.before_bytes)
            heappush(self._heap, rest)
        self._refresh()

    def _begun_by(self, flow: Flow, start_s: int) -> Route:
        """The route of a piece, after all that its arrival begins."""
        books, route = self.books, self._route(flow.sample)
        if route.kind == NOT_OURS:
            return route
        activation = books.contract.activation
        if books.phase == "always":
            begin(books)
        elif books.phase == "pending" and activation.is_by_use:
            # Of a sample that is bound for a time, only that time counts.
            end_s = flow.to_s
            if not flow.sample.matched:
                end_s = min(end_s, books.contract.belonging.next_edge(start_s))
            if route.kind != UNCOVERED and flow.moved(start_s, max(end_s, start_s + 1)):
                activate(books)
        elif route.kind == COUNTED and books.queue and is_due(books):
            start_due(books, start_s)
        if not books.is_stale:
            return route
        self._settle(start_s)
        return self._route(flow.sample)

    def _route(self, sample: Sample) -> Route:
        key = (
            *(sample.iface, sample.app, sample.tethered, sample.member),
            *(sample.mcc, sample.iccid, sample.matched),
        )
        found = self._routes.get(key)
        if found is None:
            found = self._routes[key] = route_of(self.books, sample)
        return found

    def _note_country(self, mcc: str | None, at_s: int) -> None:
        """A stay is a run of samples from one country; unknown ones say nothing."""
        if mcc is not None and mcc != self._mcc:
            self._mcc = mcc
            if not self.books.contract.is_covered(mcc):
                self.stays = (*self.stays[1 - _STAYS :], (at_s, mcc))

    def _settle(self, at_s: int) -> None:
        """Do all that is due up to an instant, which is not before the last one."""
        books = self.books
        if at_s >= self._cut_s or books.is_stale:
            if at_s >= books.contract.ledger.rejudge_s:
                self._refuse("an entry of the ledger has changed what was before it")
            while (event_s := next_event(books)) <= at_s:
                turn(books, event_s, at_s)
            books.is_stale = True
        books.clock_s = int(at_s)
        if at_s >= books.meter.day_end_s:
            books.meter.turn_day(at_s)
        self._refresh()

    def _refresh(self) -> None:
        """See which lots and windows are there now, and how long that holds."""
        books = self.books
        if not books.is_stale:
            return
        books.is_stale = False
        contract, at_s = books.contract, books.clock_s
        reaches = {*contract.caps, *(lot.offer.reach for lot in books.lots)}
        edges = (reach.next_edge(at_s) for reach in reaches)
        bound_s = contract.belonging.next_edge(at_s)
        event_s = min(next_event(books), contract.ledger.rejudge_s)
        self._cut_s = min(event_s, bound_s, *edges, NEVER)
        self._routes = {}

    def _look_ahead(self) -> None:
        """Until when samples need no care."""
        books = self.books
        self._quiet_s = self.turns_s
        if self._heap:
            self._quiet_s = min(self._quiet_s, self._heap[0][0])
        if books.phase not in _RUNNING or is_due(books):
            self._quiet_s = -NEVER

    def _refuse(self, why: str) -> None:
        name = self.books.contract.plan.id
        raise PlanError(f"plan {name}: {why}; it has to be judged anew")
