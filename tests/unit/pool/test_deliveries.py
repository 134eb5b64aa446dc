"""Whatever a folder makes of what was written, the sums come out the same."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.pool import own
from monitor.pool.records import as_line, read_record
from monitor.pool.segments import Whose, scan
from tests.pooling import Standin, new_pool, usage

SMALL = 1000
DEVICES = ("anna", "ben", "cleo")

Step = tuple[str, int, int]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["count", "carry", "late", "cut", "twice", "back", "again"]),
        st.integers(0, 2),
        st.integers(0, 40),
    ),
    max_size=40,
)


class Delivery:
    """Three devices with a copy of the folder each, as tools that sync have it."""

    def __init__(self, home: Path) -> None:
        self.devices = [Standin(name) for name in DEVICES]
        origin = new_pool(home)
        self.copies = [Path(shutil.copytree(origin, home / name)) for name in DEVICES]
        pairs = zip(self.devices, self.copies, strict=True)
        self.carriers = [device.carrier(copy) for device, copy in pairs]
        self.used = dict.fromkeys(DEVICES, 0)
        self.hours: dict[tuple[str, int], int] = {}

    def step(self, what: str, who: int, where: int) -> None:
        """Let something happen."""
        other = (who + 1 + where % 2) % 3
        if what == "count":
            self.count(who, where)
        elif what in ("carry", "again"):
            self.carriers[who].carry()
            if what == "again":  # the relay was restarted: it remembers nothing
                self.carriers[who] = self.devices[who].carrier(self.copies[who])
        else:
            self.deliver(what, who, other, where)

    def count(self, who: int, where: int) -> None:
        """A device moves something, in new hours and in old ones."""
        name, size = DEVICES[who], where * 7 + 1
        for hour in range(where % 13, where % 13 + 9):
            self.hours[name, hour] = self.hours.get((name, hour), 0) + size
            self.devices[who].move(hour, self.hours[name, hour])
            self.used[name] += size

    def deliver(self, what: str, who: int, other: int, where: int) -> None:
        """Bring one file of a device to another: whole, cut, twice, or an old one."""
        mine = sorted((self.copies[who] / "devices").glob(f"{DEVICES[who]}/*.jsonl"))
        if not mine:
            return
        file = mine[where % len(mine)]
        # What goes back is the own file: a tool that syncs found an older one.
        to = who if what == "back" else other
        there = self.copies[to] / "devices" / DEVICES[who]
        there.mkdir(parents=True, exist_ok=True)
        content = file.read_bytes()
        if what in ("cut", "back"):
            content = content[: len(content) * where // 40]
        (there / file.name).write_bytes(content)
        if what == "twice":
            (there / file.name.replace(".jsonl", ".sync-conflict-1.jsonl")).write_bytes(
                content
            )

    def settle(self) -> None:
        """Let everything arrive at last."""
        for _ in range(2):
            for carrier in self.carriers:
                carrier.carry()
            for who, copy in enumerate(self.copies):
                for other in range(3):
                    mine = copy / "devices" / DEVICES[who]
                    there = self.copies[other] / "devices" / DEVICES[who]
                    if other != who:
                        shutil.copytree(mine, there, dirs_exist_ok=True)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of a few lines, so that there are many."""
    monkeypatch.setattr(own, "SEGMENT_BYTES", SMALL)


@settings(max_examples=60)
@given(STEPS)
def test_any_order_any_doubling_any_cut_ends_in_the_same_sums(
    steps: list[Step],
) -> None:
    with tempfile.TemporaryDirectory() as home:
        found = Delivery(Path(home))
        for step in steps:
            found.step(*step)
        found.settle()
        for device in found.devices:
            assert {name: device.sum_of(name) for name in DEVICES} == found.used


@given(st.binary(max_size=300))
def test_whatever_a_line_is_it_is_a_record_or_an_error_that_says_why(
    line: bytes,
) -> None:
    with suppress(ValueError):
        read_record(line)


WHOSE = Whose("a" * 32, "anna", "b" * 16)
HEAD = (
    b'{"kind":"device","version":1,"pool":"' + b"a" * 32 + b'","device":"anna",'
    b'"instance":"' + b"b" * 16 + b'","member":"","after":0}\n'
)


@given(st.integers(0, 3000), st.binary(max_size=40))
def test_of_a_file_that_goes_on_as_anything_the_whole_lines_are_kept(
    length: int, rest: bytes
) -> None:
    lines = [as_line(usage(n, n, n)) for n in range(1, 9)]
    whole = HEAD + b"".join(lines)
    found = scan(whole[:length] + rest, WHOSE)
    numbers = [number for number, _ in found.records]
    count = whole[:length].count(b"\n") - 1
    assert numbers[: max(count, 0)] == list(range(1, count + 1))
