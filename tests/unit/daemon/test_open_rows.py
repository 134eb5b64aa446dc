"""Rows in memory are the rows of the store, whatever comes in which batch."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.daemon.open_rows import OpenRows
from monitor.plans.measured import NOTHING, Telling
from monitor.store.pending import Pending
from monitor.store.samples import billed_attachments, samples
from monitor.usage import Attachment, Bill, Interval, Share, Traffic
from tests.unit.store.builders import BRIDGE, KERNEL, T0, WLAN, WWAN, share, writing

if TYPE_CHECKING:
    from monitor.plans.samples import Sample
    from monitor.store.batch import Batch

TELLINGS = (Telling(), NOTHING, Telling(members={1000: "amina"}))
CUT_S = T0 + 333
EVER = Interval(0, 2 * T0)
BEHIND = Share(None, "forwarded", via="docker0")


class Tick(NamedTuple):
    """What is booked, and whether a flush follows, or a step of the clock."""

    length_s: int
    moved: list[tuple[Attachment, Share, int, int]]
    is_flushed: bool
    is_cut: bool


AMOUNTS = st.tuples(
    st.sampled_from([WWAN, WLAN, BRIDGE]),
    st.sampled_from([share(), KERNEL, BEHIND]),
    st.integers(0, 10_000),
    st.integers(-5, 10_000),
)
TICKS = st.lists(
    st.builds(
        Tick,
        st.integers(0, 400),
        st.lists(AMOUNTS, max_size=4),
        st.booleans(),
        st.booleans(),
    ),
    max_size=12,
)


def in_order(found: list[Sample]) -> list[Sample]:
    """Which of two networks comes first in an interval says nothing."""
    return sorted(found, key=lambda sample: (sample.from_s, sample.to_s, sample.iface))


def is_matched(where: Attachment) -> bool:
    """The Wi-Fi is the plan's wherever it is."""
    return where == WLAN


def in_memory(done: list[Batch], waiting: Batch, telling: Telling) -> list[Sample]:
    """As the daemon has them: committed ones, and on a copy what waits."""
    rows = OpenRows()
    for batch in done:
        rows.add(batch)
    now = rows.copy()
    now.add(waiting)
    return in_order(now.samples(telling, 0, is_matched))


@settings(max_examples=60, deadline=None)
@given(ticks=TICKS)
def test_rows_in_memory_are_those_of_the_store(ticks: list[Tick]) -> None:
    pending, done, now_s = Pending(), [], T0 + 17
    pending.more_marks = lambda _: [CUT_S]
    with (
        tempfile.TemporaryDirectory() as folder,
        writing(Path(folder) / "usage.db") as (store, writer),
    ):
        for tick in ticks:
            when = Interval(now_s, now_s + tick.length_s)
            pending.batch.cut |= tick.is_cut
            for where, who, bill_bytes, share_bytes in tick.moved:
                moved = Traffic(bill_bytes, bill_bytes // 3)
                pending.add_bill(when, where, Bill(moved, moved))
                pending.add_share(when, where, who, Traffic(share_bytes, 7))
            now_s = when.to_s
            if tick.is_flushed:
                writer.flush(pending.batch, now_s, trusted=True)
                done.append(pending.take())
        expected = [in_memory(done, pending.batch, each) for each in TELLINGS]
        writer.flush(pending.batch, now_s, trusted=True)
        places = billed_attachments(store)
        matched = {key for key, where in places.items() if is_matched(where)}
        for telling, rows in zip(TELLINGS, expected, strict=True):
            found = samples(store, EVER, places, telling, matched)
            assert rows == in_order(found)


def test_rows_that_ended_are_forgotten() -> None:
    rows, pending = OpenRows(), Pending()
    moved = Traffic(1000, 10)
    pending.add_bill(Interval(T0 + 200, T0 + 400), WWAN, Bill(moved, moved))
    rows.add(pending.batch)
    rows.drop(T0 + 300)
    (left,) = rows.samples(NOTHING, 0, lambda _: False)
    assert (left.from_s, left.to_s, left.rx_bytes) == (T0 + 300, T0 + 400, 500)
