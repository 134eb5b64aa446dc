"""What comes out of the store is what went in, put together by what people know."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.store import queries
from monitor.store.batch import Batch, ProcessHour, ProcessRow
from monitor.store.queries import ExplanationRow
from monitor.usage import Application, Bill, Interval, Share, Traffic, total
from tests.unit.store.builders import (
    BRIDGE,
    CURL,
    FIREFOX,
    HOUR_S,
    KERNEL,
    T0,
    WLAN,
    WWAN,
    bill,
    billed,
    explained,
    process,
    share,
    traffic,
    usage_batch,
    writing,
)

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

SLOT = Interval(T0, T0 + 300)
ALWAYS = Interval(0, 2 * T0)
HOSTILE = "a\x1b[31mb\n\0\udcff\\<b>\u202e�:'; DROP TABLE spans; --"


def test_bills_are_by_interface_network_and_whether_they_are_billed(
    tmp_path: Path,
) -> None:
    roaming = replace(WWAN, roaming=True)
    unbilled = replace(WWAN, billed=False)
    batch = Batch(
        bill={
            (SLOT, WWAN): bill(1000),
            (SLOT, roaming): bill(200),
            (SLOT, unbilled): bill(30),
            (SLOT, BRIDGE): bill(4),
        }
    )
    with writing(tmp_path / "usage.db") as (store, writer):
        writer.flush(batch, T0 + 300, trusted=True)
        rows = queries.interface_bills(store, SLOT)
    both = bill(1000) + bill(200)
    assert [(row.name, row.network, row.billed) for row in rows] == [
        ("br0", "if:br0", False),
        ("wwan0", "if:wwan0", False),
        ("wwan0", "if:wwan0", True),
    ]
    assert [Bill(row.counter, row.l3) for row in rows] == [bill(4), bill(30), both]


def test_the_explanation_names_its_owners_largest_first(tmp_path: Path) -> None:
    local = Share(CURL, "socket", "background", 0, "local")
    batch = Batch(
        explanation={
            (SLOT, WWAN, share()): traffic(500, 5),
            (SLOT, replace(WWAN, mcc="410"), share()): traffic(50),
            (SLOT, WWAN, local): traffic(600),
            (SLOT, WLAN, KERNEL): traffic(7),
        }
    )
    with writing(tmp_path / "usage.db") as (store, writer):
        writer.flush(batch, T0 + 300, trusted=True)
        rows = queries.explanation(store, SLOT)
    assert rows == [
        ExplanationRow(
            application="curl",
            app_kind="executable",
            share_kind="socket",
            app_class="background",
            uid=0,
            scope="local",
            via="",
            where=WWAN,
            traffic=traffic(600),
        ),
        ExplanationRow(
            application="firefox",
            app_kind="executable",
            share_kind="socket",
            app_class="unknown",
            uid=1000,
            scope="internet",
            via="",
            where=WWAN,
            traffic=traffic(500, 5) + traffic(50),
        ),
        ExplanationRow(
            application=None,
            app_kind="",
            share_kind="kernel",
            app_class="unknown",
            uid=-1,
            scope="internet",
            via="",
            where=WLAN,
            traffic=traffic(7),
        ),
    ]


def test_an_application_without_a_name_is_not_nobody(tmp_path: Path) -> None:
    batch = Batch(
        explanation={
            (SLOT, WWAN, Share(Application("", "executable"))): traffic(5),
            (SLOT, WWAN, Share(None, "kernel")): traffic(3),
        }
    )
    with writing(tmp_path / "usage.db") as (store, writer):
        writer.flush(batch, T0 + 300, trusted=True)
        rows = queries.explanation(store, SLOT)
    assert [row.application for row in rows] == ["", None]


def test_hostile_names_come_back_as_they_were(tmp_path: Path) -> None:
    where = replace(WWAN, network=HOSTILE, device=HOSTILE)
    who = replace(
        process(), comm=HOSTILE, exe=HOSTILE, argv=(HOSTILE, "", "\n"), cgroup=HOSTILE
    )
    application = Application(HOSTILE, "script")
    key = ProcessHour(T0, where, application, who)
    batch = Batch(
        bill={(SLOT, where): bill(9000)},
        explanation={(SLOT, where, share(application)): traffic(9000)},
        processes={key: ProcessRow(SLOT, HOSTILE, traffic(9000))},
    )
    path = tmp_path / "usage.db"
    with writing(path) as (store, writer):
        writer.flush(batch, T0 + 300, trusted=True)
        writer.flush(batch, T0 + 300, trusted=True)
        (place,) = queries.interface_bills(store, SLOT)
        (row,) = queries.explanation(store, SLOT)
        (usage,) = queries.process_usage(store, SLOT)
    assert (place.name, place.network) == (HOSTILE, HOSTILE)
    assert row.application == HOSTILE
    assert (usage.comm, usage.exe, usage.argv) == (HOSTILE, HOSTILE, who.argv)
    assert usage.traffic == traffic(18_000)


def test_processes_are_cut_at_the_edge_of_the_period(tmp_path: Path) -> None:
    hour = Interval(T0 + 100, T0 + 1100)
    second = Interval(T0 + HOUR_S, T0 + HOUR_S + 100)
    batch = Batch(
        processes={
            ProcessHour(T0, WWAN, FIREFOX, process()): ProcessRow(
                hour, "firefox", traffic(1_000_000)
            ),
            ProcessHour(T0 + HOUR_S, WWAN, FIREFOX, process()): ProcessRow(
                second, "firefox", traffic(1000)
            ),
            ProcessHour(T0, WLAN, CURL, process(78, "curl")): ProcessRow(
                Interval(T0 + 500, T0 + 500), "curl", traffic(2_000_000)
            ),
        }
    )
    with writing(tmp_path / "usage.db") as (store, writer):
        writer.flush(batch, T0 + 2 * HOUR_S, trusted=True)
        curl, firefox = queries.process_usage(store, ALWAYS)
        assert (curl.interface, curl.interval) == (
            "wlan0",
            Interval(T0 + 500, T0 + 500),
        )
        assert firefox.traffic == traffic(1_001_000)
        assert firefox.interval == Interval(T0 + 100, T0 + HOUR_S + 100)
        (part,) = queries.process_usage(store, Interval(T0 + 50, T0 + 350))
        assert (part.traffic, part.interval) == (
            traffic(250_000),
            Interval(T0 + 100, T0 + 350),
        )
        assert queries.process_usage(store, Interval(T0, T0 + 100)) == []
        assert queries.process_usage(store, Interval(T0 + 1100, T0 + HOUR_S)) == []


def test_an_instant_belongs_to_what_starts_there(tmp_path: Path) -> None:
    batch = usage_batch(T0 + 300, T0 + 300)
    with writing(tmp_path / "usage.db") as (store, writer):
        writer.flush(batch, T0 + 300, trusted=True)
        assert billed(store, T0, T0 + 300) == bill(0)
        assert billed(store, T0 + 300, T0 + 301) == bill(100_000)
        assert explained(store, T0 + 300, T0 + 600) == traffic(90_000)
        assert len(queries.process_usage(store, Interval(T0 + 300, T0 + 301))) == 1
        assert queries.process_usage(store, Interval(T0 + 200, T0 + 300)) == []


def test_recorded_is_from_the_first_to_the_last_second(tmp_path: Path) -> None:
    with writing(tmp_path / "usage.db") as (store, writer):
        for from_s, where in ((T0 + 60, WLAN), (T0, WWAN), (T0 + 30, WLAN)):
            batch = usage_batch(from_s, from_s + 30, where=where)
            writer.flush(batch, from_s + 30, trusted=True)
        assert queries.recorded(store) == Interval(T0, T0 + 90)


def test_more_shares_than_one_query_can_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "_LOOK_UP", 3)
    batch = Batch(
        explanation={(SLOT, WWAN, share(uid=uid)): traffic(uid) for uid in range(8)}
    )
    with writing(tmp_path / "usage.db") as (store, writer):
        writer.flush(batch, T0 + 300, trusted=True)
        rows = queries.explanation(store, SLOT)
    assert sorted(row.uid for row in rows) == list(range(8))


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.integers(0, 300), max_size=6),
    st.integers(0, 10**13),
    st.integers(-(10**9), 10**9),
)
def test_periods_side_by_side_add_up_to_the_byte(
    tmp_path_factory: pytest.TempPathFactory, edges: list[int], rx: int, odd: int
) -> None:
    batch = usage_batch(T0, T0 + 300, rx=rx)
    batch.explanation[SLOT, WLAN, KERNEL] = Traffic(odd, -odd, odd, 1)
    marks = [T0, *sorted(T0 + edge for edge in edges), T0 + 300]
    with writing(tmp_path_factory.mktemp("add") / "usage.db") as (store, writer):
        writer.flush(batch, T0 + 300, trusted=True)
        periods = list(pairwise(marks))
        bills = [billed(store, *period) for period in periods]
        parts = [explained(store, *period) for period in periods]
    assert total(part.counter for part in bills) == bill(rx).counter
    assert total(part.l3 for part in bills) == bill(rx).l3
    assert total(parts) == total(batch.explanation.values())
