"""A daemon's life with its plans, over a real store, tick by tick."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

from hypothesis import strategies as st

from monitor.accounts.bookkeeping import open_book
from monitor.daemon.planbook import PlanBook
from monitor.plans.entries import (
    Activate,
    Adjust,
    Entry,
    LotValidity,
    Replacement,
    Sync,
    Topup,
    Undo,
)
from monitor.plans.values import Bytes, Name, Second
from monitor.store import ledger
from monitor.store.engine import open_store
from monitor.store.pending import Pending
from monitor.store.writer import Writer
from monitor.usage import Attachment, Bill, Interval, Share, Traffic
from tests.unit.store.builders import BOOT, CURL, KERNEL, WLAN, WWAN, share

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.plans.agreement import Agreement
    from monitor.store.engine import Store
from tests.unit.life_plans import BEGIN_S, CHOICES, MB, NETWORKS, NEXT_SIM, PLACES


class Tick(NamedTuple):
    """What is counted in some seconds, and what happens then."""

    length_s: int
    moved: list[tuple[Attachment, Share, int]]
    then: str
    entry: int
    plans: int


TICKS = st.lists(
    st.builds(
        Tick,
        st.sampled_from([0, 1, 9, 10, 10, 10, 31, 299, 700, 4000]),
        st.lists(
            st.tuples(
                st.sampled_from(PLACES),
                st.sampled_from([share(), share(CURL), share(CURL, 0), KERNEL]),
                st.integers(0, 900_000),
            ),
            max_size=3,
        ),
        st.sampled_from(
            ["", "", "", "", "flush", "flush", "kill", "reload", "entry", "check"]
        ),
        st.integers(0, 7),
        st.integers(0, len(CHOICES) - 1),
    ),
    min_size=1,
    max_size=25,
)


def entry_of(number: int, serial: int, now_s: int) -> Entry:
    """Something that a person notes."""
    name, at_s = Name(f"e{serial}"), Second(now_s)
    earlier_s, hour = Second(now_s - 99), LotValidity("own", hours=1)
    made: list[Entry] = [
        Topup(id=name, ts=at_s, bytes=Bytes(MB)),
        Topup(id=name, ts=at_s, bytes=Bytes(MB), starts="on_depletion"),
        Topup(id=name, ts=at_s, bytes=Bytes(MB), validity=hour, as_of=earlier_s),
        Sync(id=name, ts=at_s, remaining_bytes=Bytes(MB // 3)),
        Adjust(id=name, ts=at_s, delta_bytes=-MB // 4),
        Activate(id=name, ts=at_s),
        Replacement(id=name, ts=at_s, plan=Name("lined"), new_iccid=NEXT_SIM),
        Undo(id=name, ts=at_s, entry=Name(f"e{serial - 1}")),
    ]
    return made[number]


@dataclass
class Life:
    """What a daemon does with its book, over a real store.

    Attributes:
        path: of the store.
        plans: all of them.
        now_s: UTC second of the last tick.
        opened: how often all plans were judged anew.
        present: what each device was attached to at last.
    """

    path: Path
    plans: tuple[Agreement, ...]
    now_s: int = BEGIN_S
    noted: int = 0
    opened: int = 0
    present: dict[str, Attachment] = field(
        default_factory=lambda: {"wwan0": WWAN, "wlan0": WLAN}
    )
    stack: ExitStack = field(default_factory=ExitStack)

    def begin(self) -> Self:
        """A run."""
        self.store: Store = self.stack.enter_context(
            open_store(self.path, writable=True, create=True)
        )
        self.writer = self.stack.enter_context(Writer(self.store))
        self.writer.start(BOOT, self.now_s, "ebpf", "0.1.0", self.now_s - 1000)
        self.pending = Pending()
        self.book = PlanBook(self.store, self.plans)
        self.pending.more_marks = self.book.marks
        return self

    def kill(self) -> None:
        """What was not flushed is lost."""
        self.stack.close()
        self.begin()

    def flush(self) -> None:
        """Commit what is pending."""
        self.writer.flush(self.pending.batch, self.now_s, trusted=True)
        self.book.committed(self.pending.batch)
        self.pending.take()

    def tick(self, tick: Tick) -> None:
        """As the recorder and the watch do it."""
        when = Interval(self.now_s, self.now_s + tick.length_s)
        for where, who, amount in tick.moved:
            moved = Traffic(amount, amount // 7)
            self.pending.add_bill(when, where, Bill(moved, moved))
            self.pending.add_share(when, where, who, moved.part(9, 10))
            self.present[where.device] = where
            if where.network in NETWORKS:
                self.pending.batch.networks[where.network] = NETWORKS[where.network]
        self.now_s = when.to_s
        self.book.see(when, self.present.values())
        if self.book.is_stale:
            self.flush()
            self.book.open(self.now_s, self.present.values())
            self.pending.batch.cut = True
            self.opened += 1
        self.book.tick(self.pending.batch, self.now_s)

    def note(self, number: int) -> None:
        """Something happens in the life of all plans."""
        self.noted += 1
        entry = entry_of(number, self.noted, self.now_s)
        ledger.append(self.store, entry, self.now_s, "test")
        self.book.restate()

    def then(self, tick: Tick) -> None:
        """What happens after a tick."""
        if tick.then == "reload":
            self.plans = CHOICES[tick.plans]
            self.book.reload(self.plans)
        elif tick.then == "entry":
            self.note(tick.entry)
        elif tick.then:
            {"flush": self.flush, "kill": self.kill, "check": self.check}[tick.then]()

    def check(self) -> None:
        """Each plan stands as it does when judged from the store."""
        seen = {each.agreement.plan.id: each.seen.status for each in self.book.plans}
        assert seen.keys() == {each.plan.id for each in self.plans}
        if self.book.is_stale:
            return
        self.flush()
        for plan_id, status in seen.items():
            book = open_book(self.store, self.plans, plan_id, self.now_s, ("wlan0",))
            assert status == book.now


@contextmanager
def living(plans: tuple[Agreement, ...]) -> Iterator[Life]:
    """A daemon's life in a directory of its own."""
    with tempfile.TemporaryDirectory() as folder:
        life = Life(Path(folder) / "usage.db", plans)
        try:
            yield life.begin()
        finally:
            life.stack.close()
