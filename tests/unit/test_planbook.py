"""Plans judged tick by tick stand as they do when judged anew from the store."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.bookkeeping import open_book
from monitor.planbook import PlanBook
from monitor.plans.agreement import Agreement
from monitor.plans.entries import Activate, Adjust, Entry, LotValidity, Sync, Topup
from monitor.plans.offers import Bucket, Rollover, Scope, Tier
from monitor.plans.terms import AlertTerms, Background, Binding, Member, Plan
from monitor.plans.timing import Day, Elapsed, Month, Validity, Whole, Window
from monitor.plans.values import Bytes, Minute, Money, Name, Pattern, Second
from monitor.store import ledger
from monitor.store.engine import open_store
from monitor.store.pending import Pending
from monitor.store.writer import Writer
from monitor.usage import Attachment, Bill, Interval, Share, Traffic
from tests.unit.store.builders import BOOT, CURL, KERNEL, T0, WLAN, WWAN, share

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.store.engine import Store

BEGIN_S = T0 + 80_000
MB = 1_000_000
NIGHT = Window(Minute(22 * 60), Minute(6 * 60))


def bucket(name: str, size: int, **more: object) -> Bucket:
    """A bucket of so many bytes."""
    return Bucket(Name(name), Bytes(size), **more)  # type: ignore[arg-type]  # the test says what


MONTHLY = Agreement(
    plan=Plan(
        id=Name("monthly"),
        tz=ZoneInfo("Asia/Kathmandu"),
        cycle=Month(billing_day=5),
        buckets=(
            bucket("main", 3 * MB),
            bucket("curl", MB, scope=Scope(apps=(Pattern("cur*"),))),
            bucket("night", MB, scope=Scope(windows=(NIGHT,))),
        ),
        overage=(Tier(behavior="bill", block_bytes=Bytes(MB), price=Money(4)),),
        alerts=AlertTerms(
            warn_pct=(50, 80), background=Background(NIGHT, Bytes(10)), budget_day=True
        ),
    ),
    patterns=("wwan*",),
)
DAILY = Agreement(
    plan=Plan(
        id=Name("daily"),
        cycle=Day(reset_time=Minute(90)),
        buckets=(bucket("main", MB),),
        rollover=Rollover(),
        count="rx",
    ),
    position=1,
    patterns=("wlan0",),
)
PACK = Agreement(
    plan=Plan(
        id=Name("pack"),
        cycle=Whole(),
        validity=Validity(kind="elapsed", hours=9, starts_on="first_use"),
        buckets=(bucket("main", 2 * MB, per="validity"),),
    ),
    position=2,
    binds=(
        Binding("wlan0", Name("pack"), Second(BEGIN_S + 700), Second(BEGIN_S + 9000)),
    ),
)
HOURLY = Agreement(
    plan=Plan(
        id=Name("hourly"),
        cycle=Elapsed(hours=1),
        validity=Validity(kind="elapsed", days=1),
        activated_at=Second(BEGIN_S - 500),
        buckets=(bucket("main", MB),),
    ),
    position=3,
    patterns=("wlan*", "wwan0"),
)
SHARED = Agreement(
    plan=Plan(
        id=Name("shared"),
        cycle=Day(),
        buckets=(
            bucket("main", 2 * MB),
            bucket("one's", MB, scope=Scope(members=(Name("root"),))),
        ),
    ),
    position=4,
    members=(
        Member(Name("root"), Bytes(MB)),
        Member(Name("no login of this machine\0")),
    ),
    patterns=("wwan*",),
)
CHOICES = (
    (MONTHLY, DAILY),
    (PACK, DAILY, MONTHLY),
    (HOURLY,),
    (DAILY, HOURLY),
    (SHARED, DAILY),
    (),
)


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
                st.sampled_from([WWAN, WLAN]),
                st.sampled_from([share(), share(CURL), share(CURL, 0), KERNEL]),
                st.integers(0, 900_000),
            ),
            max_size=3,
        ),
        st.sampled_from(
            ["", "", "", "", "flush", "flush", "kill", "reload", "entry", "check"]
        ),
        st.integers(0, 5),
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
    ]
    return made[number]


@dataclass
class Life:
    """What a daemon does with its book, over a real store.

    Attributes:
        path: of the store.
        plans: all of them.
        now_s: UTC second of the last tick.
    """

    path: Path
    plans: tuple[Agreement, ...]
    now_s: int = BEGIN_S
    noted: int = 0
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
        self.now_s = when.to_s
        self.book.see(when, {"wwan0", "wlan0"})
        if self.book.is_stale:
            self.flush()
            self.book.open(self.now_s, {"wwan0", "wlan0"})
            self.pending.batch.cut = True
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


@settings(max_examples=60, deadline=None)
@given(ticks=TICKS, first=st.integers(0, len(CHOICES) - 1))
def test_ticks_kills_reloads_and_entries_leave_the_plans_as_the_store_says(
    ticks: list[Tick], first: int
) -> None:
    with living(CHOICES[first]) as life:
        for tick in ticks:
            life.tick(tick)
            life.then(tick)
        life.tick(Tick(1, [], "", 0, 0))
        life.check()


def moving(length_s: int, amount: int) -> Tick:
    """A tick of so many bytes on wwan0."""
    return Tick(length_s, [(WWAN, share(), amount)], "", 0, 0)


def test_a_plan_added_today_counts_the_rows_already_stored() -> None:
    with living(()) as life:
        life.tick(moving(10, 700_000))
        life.plans = (HOURLY,)
        life.book.reload(life.plans)
        life.tick(moving(10, 70_000))
        (hourly,) = life.book.plans
        assert hourly.seen.status.used_bytes == 700_000 + 100_000 + 70_000 + 10_000


def test_a_device_that_comes_later_is_paid_for_by_a_pattern() -> None:
    with living((MONTHLY,)) as life:
        life.tick(moving(10, 7))
        later = Attachment("if:wwan1", "wwan1", billed=True)
        when = Interval(life.now_s, life.now_s + 10)
        life.pending.add_bill(when, later, Bill(Traffic(500), Traffic(500)))
        life.now_s = when.to_s
        life.book.see(when, {"wwan0", "wwan1"})
        assert life.book.is_stale


def test_who_logs_in_by_the_name_of_a_member_is_that_member() -> None:
    with living((SHARED,)) as life:
        moved = [(WWAN, share(CURL, 0), 700_000), (WWAN, share(), 70_000)]
        life.tick(Tick(10, moved, "flush", 0, 0))
        life.check()
        (shared,) = life.book.plans
        members = shared.seen.status.members
        # Nine tenths of the bytes are explained.
        assert [each.used_bytes for each in members.values()] == [720_000, 0]


def test_of_two_devices_at_one_moment_the_same_is_charged_first() -> None:
    """Which one empties the main lots decides when a queued top-up starts."""
    with living((HOURLY,)) as life:
        life.note(1)
        moved = [(WWAN, share(), 900_000), (WLAN, share(), 19_568)]
        life.tick(Tick(10, moved, "", 0, 0))
        life.check()


def test_which_plan_pays_where_several_match_is_said() -> None:
    with living((MONTHLY, HOURLY)) as life:
        life.tick(moving(10, 7))
        assert life.book.plan_of("wwan0", life.now_s) == "monthly"
        (note,) = life.book.notes
        assert note.startswith("wwan0 matches the plans monthly, hourly: monthly pays")
