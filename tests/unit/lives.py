"""A daemon's life with its plans, over a real store, tick by tick."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from monitor import uplink
from monitor.bookkeeping import open_book
from monitor.planbook import PlanBook
from monitor.plans.agreement import Agreement
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
from monitor.plans.offers import Bucket, Rollover, Scope, Tier
from monitor.plans.terms import (
    AlertTerms,
    Background,
    Binding,
    Line,
    Match,
    Member,
    Plan,
)
from monitor.plans.timing import Day, Elapsed, Month, Validity, Whole, Window
from monitor.plans.values import Bytes, Minute, Money, Name, Pattern, Second
from monitor.store import ledger
from monitor.store.engine import open_store
from monitor.store.pending import Pending
from monitor.store.writer import Writer
from monitor.uplink import Network
from monitor.usage import Attachment, Bill, Interval, Share, Traffic
from tests.unit.store.builders import BOOT, CURL, KERNEL, T0, WLAN, WWAN, share

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.store.engine import Store

BEGIN_S = T0 + 80_000
MB = 1_000_000
NIGHT = Window(Minute(22 * 60), Minute(6 * 60))


FIRST_SIM, NEXT_SIM = "8992000000000000001", "8986000000000000002"
UUID = "5f1c7a52-3e0e-4d4b-9c0b-0d5a4f8a7c11"
SIM = Network(f"sim:{FIRST_SIM}", uplink.SIM, iccid=FIRST_SIM, mcc="410", uuid=UUID)
NEW_SIM = Network(f"sim:{NEXT_SIM}", uplink.SIM, iccid=NEXT_SIM, mcc="460", uuid=UUID)
CAFE = Network("wifi:cafe", uplink.WIFI, ssid=b"\xffcaf\0", uuid="c")
PHONE = Network("wifi:phone", uplink.WIFI, ssid=b"Phone", tether="wifi/apple")
NETWORKS = {each.key: each for each in (SIM, NEW_SIM, CAFE, PHONE)}


def on(device: str, network: Network) -> Attachment:
    """A network on a device."""
    return Attachment(
        *(network.key, device),
        billed=True,
        tethered=bool(network.tether),
        iccid=network.iccid,
        mcc=network.mcc,
        uuid=network.uuid,
        ssid=network.ssid,
        tether=network.tether,
    )


PLACES = (
    *(WWAN, WLAN, on("wwan0", SIM), on("wwan0", NEW_SIM)),
    *(on("wlan0", CAFE), on("wlan0", PHONE)),
)


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
LINED = Agreement(
    plan=Plan(
        id=Name("lined"),
        cycle=Elapsed(hours=2),
        validity=Validity(kind="elapsed", days=1, starts_on="first_use"),
        buckets=(bucket("main", MB),),
        line=Line(FIRST_SIM),
    ),
    position=5,
    binds=(Binding("wwan0", Name("lined"), Second(BEGIN_S + 50)),),
)
ROAMER = Agreement(
    plan=Plan(id=Name("roamer"), cycle=Day(), buckets=(bucket("main", MB),)),
    position=6,
    matches=(
        Match("ssid", "hex:ff63616600", Name("roamer")),
        Match("uuid", UUID, Name("roamer")),
    ),
    binds=(
        Binding("wlan0", Name("roamer"), Second(BEGIN_S + 300), Second(BEGIN_S + 5000)),
    ),
)
TETHERED = Agreement(
    plan=Plan(id=Name("tethered"), cycle=Day(), buckets=(bucket("main", 3 * MB),)),
    position=7,
    matches=(Match("tether", "apple", Name("tethered")),),
    patterns=("w*",),
)
CHOICES = (
    (LINED, ROAMER, TETHERED),
    (ROAMER, LINED, MONTHLY),
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
