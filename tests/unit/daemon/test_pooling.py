"""Devices that share a plan come to the same figures, whatever reached them first."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.accounts import agreements
from monitor.accounts.bookkeeping import open_book
from monitor.config import parse_config
from monitor.daemon.pooling import MOST, Pooling
from monitor.errors import UsageError
from monitor.plans.writing import utc_text
from monitor.store import ledger, pool
from monitor.store.backup import copy_of
from monitor.store.engine import open_store
from monitor.usage import Traffic
from tests.unit.living import life
from tests.unit.machine import ROW, Machine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from monitor.daemon.recorder import Recorder
    from monitor.daemon.watch import Watch
    from monitor.plans.status import Status
    from monitor.store.engine import Store

PLAN = """
[[plan]]
id = "family"
quota = "10 MB"
every = "month"
billing_day = 1
tz = "Asia/Karachi"
[plan.match]
interface = ["eth*"]
[[plan.member]]
id = "anna"
[[plan.member]]
id = "bilal"
[pool]
folder = "/pool"
plans = ["family"]
"""


MEMBERS = ("anna", "bilal")


@dataclass
class Device:
    """One device of the pool: a machine of values, a real store."""

    machine: Machine
    store: Store
    recorder: Recorder
    text: str
    folder: Path

    def __post_init__(self) -> None:
        """Be in the pool."""
        self.pooling = Pooling(self)  # type: ignore[arg-type]  # as much of a daemon as it asks for
        self.pooling.settle(parse_config(self.text, "config.toml").pool)

    @property
    def watch(self) -> Watch:
        """Its plans."""
        assert self.recorder._watch is not None
        return self.recorder._watch

    def call(self) -> None:
        """It ticks when the test says so."""

    def moves(self, amount: int, seconds: float = 10) -> None:
        """Bytes of IP go over its device."""
        self.machine.pass_time(seconds)
        self.machine.move(2, Traffic(amount + 14, 0, 1, 0), ROW)
        self.recorder.sample()

    def says(self, after: int) -> dict[str, Any]:
        """What it says after a revision."""
        return self.pooling.outbox({"after": after})

    def hears(self, said: dict[str, Any]) -> dict[str, Any]:
        """Another's words reach it."""
        return self.pooling.take(said)

    def notes(self, entry: dict[str, Any], at_s: int) -> None:
        """Something happened in the life of the plan."""
        said = {"ts": utc_text(at_s), "plan": "family", **entry}
        self.watch.note(said, "anna")

    def judged(self) -> Status:
        """How the plan stands by its store."""
        self.recorder.settle()
        plans = agreements.kept(self.store)
        return open_book(self.store, plans, "family", self.watch.now_s).now


@contextmanager
def devices(
    *names: str,
) -> Iterator[list[Device]]:
    """Some devices, each with a store of its own."""
    with ExitStack() as parts:
        folder = Path(parts.enter_context(TemporaryDirectory()))
        found = []
        for place, name in enumerate(names):
            home = folder / name
            home.mkdir()
            text = f'{PLAN}device = "{name}"\nmember = "{MEMBERS[place % 2]}"\n'
            found.append(parts.enter_context(begun(home, Machine(), text)))
        yield found


@contextmanager
def begun(home: Path, machine: Machine, text: str) -> Iterator[Device]:
    """One device."""
    with open_store(home / "usage.db", writable=True, create=True) as store:
        yield Device(machine, store, life(machine, store, home, text), text, home)


def exchange(found: list[Device]) -> None:
    """Everybody hears all that everybody says."""
    for _ in range(2):  # what is heard may change what is said
        for one in found:
            for said in all_words(one):
                for other in found:
                    if other is not one:
                        other.hears(said)


def all_words(one: Device, after: int = 0) -> list[dict[str, Any]]:
    """All that a device says, in as many answers as it takes."""
    answers = []
    while True:
        said = one.says(after)
        answers.append(said)
        after = max((each["n"] for each in said["records"]), default=after)
        if not said["more"]:
            return answers


def test_each_device_knows_to_the_byte_what_all_of_them_moved() -> None:
    with devices("a", "b", "c") as found:
        for place, each in enumerate(found):
            each.moves(1_000_000 + place)
        exchange(found)
        for each in found:
            now = each.judged()
            assert now.used_bytes == 3_000_003
            assert {name: one.used_bytes for name, one in now.members.items()} == {
                "anna": 2_000_002,
                "bilal": 1_000_001,
            }


def test_a_word_that_comes_twice_or_late_changes_nothing() -> None:
    with devices("a", "b") as (one, other):
        one.moves(1_000_000)
        early = one.says(0)
        one.moves(500_000)
        late = one.says(0)
        other.hears(late)
        for said in (early, late, early):
            other.hears(said)
        other.moves(0, seconds=60)
        assert other.judged().used_bytes == 1_500_000


def test_who_said_it_all_says_nothing_again() -> None:
    with devices("a", "b") as (one, _):
        one.moves(1_000_000)
        said = one.says(0)
        assert [each["kind"] for each in said["records"]] == ["usage", "word"]
        newest = said["records"][-1]["n"]
        assert one.says(newest)["records"] == []
        one.moves(0, seconds=3700)
        assert [each["kind"] for each in one.says(newest)["records"]] == ["word"]


def test_an_entry_noted_on_one_device_is_known_on_all() -> None:
    with devices("a", "b") as (one, other):
        one.moves(100)
        other.moves(100)
        at_s = one.watch.now_s
        one.notes({"kind": "topup", "id": "more", "bytes": 5_000_000}, at_s)
        exchange([one, other])
        assert other.judged().remaining_bytes == 15_000_000 - 200
        assert [each.by for each in ledger.entries(other.store)] == ["@a"]


def test_two_entries_of_one_second_stand_in_the_same_order_everywhere() -> None:
    with devices("a", "b") as (one, other):
        one.moves(3_000_000)
        other.moves(3_000_000)
        at_s = one.watch.now_s
        other.notes({"kind": "sync", "id": "from-b", "used_bytes": 1_000_000}, at_s)
        one.notes({"kind": "sync", "id": "from-a", "used_bytes": 4_000_000}, at_s)
        exchange([one, other])
        assert one.judged() == other.judged()
        orders = [
            [
                each.id
                for each in open_book(
                    each.store, agreements.kept(each.store), "family", each.watch.now_s
                ).entries
            ]
            for each in (one, other)
        ]
        assert orders == [["from-a", "from-b"]] * 2


def test_a_snooze_is_for_this_device_alone() -> None:
    with devices("a", "b") as (one, other):
        one.moves(100)
        one.notes(
            {"kind": "snooze", "id": "s", "alert": "data.warning"}, one.watch.now_s
        )
        exchange([one, other])
        assert ledger.entries(other.store) == []


def test_a_device_restored_from_a_copy_neither_loses_nor_doubles() -> None:
    with devices("a", "b") as (one, other):
        one.moves(1_000_000)
        exchange([one, other])
        copy = one.folder / "copy"
        copy.mkdir()
        one.recorder.settle()
        (copy / "usage.db").touch()
        copy_of(one.store, copy / "usage.db", lambda *_: None)
        one.moves(500_000)
        words = all_words(one)
        for said in words:
            other.hears(said)
        machine = Machine(boot_id="another")
        machine.pass_time(600)
        with begun(copy, machine, one.text) as again:
            for said in words:  # its own files are still there
                again.hears(said)
            again.moves(70_000)
            other.moves(0, seconds=700)
            exchange([again, other])
            assert other.judged().used_bytes == 1_570_000
            assert again.judged().used_bytes == 1_570_000
            (now, *_) = [each for each in pool.devices(again.store) if each.is_own]
            assert now.name == "a"


def test_who_leaves_judges_the_plan_alone_again() -> None:
    with devices("a", "b") as (one, other):
        one.moves(100_000)
        other.moves(200_000)
        exchange([one, other])
        one.pooling.settle(parse_config(PLAN.partition("[pool]")[0], "c").pool)
        assert one.judged().used_bytes == 100_000
        with pytest.raises(UsageError, match="in no pool"):
            one.says(0)


@pytest.mark.parametrize(
    "given_",
    [
        {},
        {"device": "b", "instance": "00", "member": "", "records": "x"},
        {"device": 1, "instance": "00", "member": "", "records": []},
        {"device": "b" * 300, "instance": "00", "member": "", "records": []},
        {"device": "b", "instance": "00", "member": "", "records": [{}]},
        {"device": "b", "instance": "00", "member": "", "records": [{"kind": "word"}]},
        {"device": "b", "instance": "", "member": "", "records": [0] * (MOST + 1)},
    ],
)
def test_what_is_no_word_of_a_device_is_refused(given_: dict[str, Any]) -> None:
    with devices("a") as (one,):
        one.moves(100)
        with pytest.raises(UsageError, match=r"pool\.take"):
            one.hears(given_)
        assert one.judged().used_bytes == 100


def live_through(
    found: list[Device], steps: list[tuple[int, str, int]], order: Random
) -> int:
    """Let things happen; how many bytes were moved."""
    moved = 0
    carried: list[tuple[int, dict[str, Any]]] = []
    for number, (who, what, amount) in enumerate(steps):
        each = found[who]
        if what == "move":
            each.moves(amount)
            moved += amount
        elif what == "wait":
            each.moves(0, seconds=amount % 9000)
        elif what == "topup":
            each.moves(0)
            entry = {"kind": "topup", "id": f"t{number}", "bytes": amount + 1}
            each.notes(entry, each.watch.now_s)
        elif what == "say":
            carried.append((who, each.says(0)))
        elif carried:
            teller, said = order.choice(carried)
            if teller != who:
                each.hears(said)
    return moved


STEPS = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(["move", "move", "say", "hear", "topup", "wait"]),
        st.integers(0, 400_000),
    ),
    max_size=30,
)


@settings(max_examples=15, deadline=None)
@given(steps=STEPS, order=st.randoms(use_true_random=False))
def test_any_order_and_any_repetition_of_words_ends_in_the_same_figures(
    steps: list[tuple[int, str, int]], order: Random
) -> None:
    with devices("a", "b", "c") as found:
        moved = live_through(found, steps, order)
        latest_s = max(each.machine.now_s for each in found)
        for each in found:
            each.moves(0, seconds=latest_s - each.machine.now_s + 10)
        exchange(found)
        stands = [each.judged() for each in found]
        assert stands[0].used_bytes == moved
        assert stands[1:] == stands[:1] * 2
        for each in found:  # tick by tick as from the store
            each.recorder.sample()
            (running,) = each.watch.book.plans
            assert running.seen.status == each.judged()
