"""Plans judged tick by tick stand as they do when judged anew from the store."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self
from zoneinfo import ZoneInfo

from hypothesis import given, settings
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
        life.book.see(when, (WWAN, later))
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
        assert life.book.plan_of(WWAN, life.now_s) == "monthly"
        (note,) = life.book.notes
        assert note.startswith("wwan0 matches the plans monthly, hourly: monthly pays")


def used(life: Life) -> dict[str, int]:
    """Bytes by plan."""
    return {
        each.agreement.plan.id: each.seen.status.used_bytes for each in life.book.plans
    }


def moved(amount: int, *where: Attachment, length_s: int = 10) -> Tick:
    """A tick of so many bytes, an eighth of them sent, on each of these."""
    return Tick(length_s, [(each, share(), amount) for each in where], "", 0, 0)


def test_a_switch_of_sims_in_a_slot_divides_it_to_the_byte() -> None:
    both = (LINED, ROAMER, TETHERED)
    with living(both) as life:
        life.tick(moved(7000, on("wwan0", SIM)))
        life.tick(moved(70, on("wwan0", NEW_SIM)))
        life.tick(moved(700, on("wwan0", SIM)))
        life.tick(moved(7, on("wlan0", PHONE)))
        assert used(life) == {"lined": 8800, "roamer": 80, "tethered": 8}
        life.check()
        assert life.opened == 1


def test_a_network_that_is_new_on_a_known_device_judges_nothing_anew() -> None:
    with living((LINED, ROAMER, TETHERED)) as life:
        life.tick(moved(7, WWAN, WLAN))
        for where in PLACES:
            life.tick(moved(700, where))
            life.flush()
        life.check()
        assert life.opened == 1
        life.tick(moved(7, on("wwan9", SIM)))
        assert life.opened == 2


def test_another_word_on_a_known_network_judges_the_past_anew() -> None:
    """The store says of a network what is known of it now, also of the past."""
    renamed = replace(on("wlan0", CAFE), ssid=b"Phone")
    with living((ROAMER, TETHERED)) as life:
        life.tick(moved(7000, on("wlan0", CAFE)))
        assert used(life) == {"roamer": 8000, "tethered": 0}
        life.pending.batch.networks[CAFE.key] = replace(CAFE, ssid=b"Phone")
        life.present["wlan0"] = renamed
        life.tick(Tick(10, [], "", 0, 0))
        assert life.opened == 2
        assert used(life) == {"roamer": 0, "tethered": 8000}
        life.check()


def test_after_a_replacement_the_new_sim_is_the_plans_also_before_it() -> None:
    with living((LINED, TETHERED)) as life:
        life.tick(moved(7000, on("wwan0", NEW_SIM)))
        assert used(life) == {"lined": 0, "tethered": 8000}
        entry = Replacement(
            id=Name("r"),
            ts=Second(life.now_s),
            plan=Name("lined"),
            new_iccid=NEXT_SIM,
        )
        ledger.append(life.store, entry, life.now_s, "test")
        life.book.restate()
        life.tick(moved(70, on("wwan0", NEW_SIM)))
        assert used(life) == {"lined": 8080, "tethered": 0}
        assert life.book.plan_of(on("wwan0", NEW_SIM), life.now_s) == "lined"
        life.check()
