"""Samples for plans: what the store has, to the byte, whichever tier is left of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from monitor.networks.uplink import WIFI, Network
from monitor.plans.measured import NOTHING, Telling
from monitor.plans.samples import Sample
from monitor.store import networks
from monitor.store.batch import Batch
from monitor.store.engine import open_store
from monitor.store.retention import purge
from monitor.store.rollups import roll_up
from monitor.store.samples import billed_attachments, samples
from monitor.usage import Attachment, Interval, Share, Traffic
from tests.unit.store.builders import (
    BRIDGE,
    CURL,
    DAY_S,
    FIREFOX,
    KERNEL,
    T0,
    WLAN,
    WWAN,
    bill,
    billed,
    share,
    traffic,
    writing,
)
from tests.unit.store.history import NOW_S, SHORT, history

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.store.engine import Store

EVER = Interval(0, 2 * T0)
ABROAD = replace(WWAN, mcc="410", iccid="8992000000000000000", metered=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the store is."""
    return tmp_path / "usage.db"


def test_what_a_network_is_comes_back_with_its_attachments(path: Path) -> None:
    """Also what is neither text nor printable."""
    uuid, ssid = "5b1f7f6e-0a34-4c1d-9a51-0d2f3c4b5a69", b"caf\xe9\x1b[31m\0"
    phone = Network(f"wifi:{uuid}", WIFI, "\udce9", uuid=uuid, ssid=ssid, tether="wifi")
    where = Attachment(
        phone.key, "wlan0", billed=True, uuid=uuid, ssid=ssid, tether="wifi"
    )
    batch = Batch(networks={phone.key: phone})
    batch.bill[Interval(T0, T0 + 10), where] = bill(1000)
    flush(path, batch)
    with open_store(path, writable=True) as store:
        assert set(billed_attachments(store).values()) == {where}
        with store.read() as connection:
            assert networks.known(connection) == {phone.key: phone}


def found(
    path: Path, interval: Interval = EVER, telling: Telling = NOTHING
) -> list[Sample]:
    """Samples of all that is billed."""
    with open_store(path, writable=False) as store:
        return samples(store, interval, billed_attachments(store), telling)


def flush(path: Path, batch: Batch, to_s: int = NOW_S) -> None:
    """A run that counted this."""
    with writing(path) as (_, writer):
        writer.flush(batch, to_s, trusted=True)


def summed(rows: list[Sample]) -> tuple[int, int]:
    """Bytes received and sent."""
    return sum(row.rx_bytes for row in rows), sum(row.tx_bytes for row in rows)


def test_a_sample_says_when_where_and_over_which_profile(path: Path) -> None:
    when = Interval(T0, T0 + 60)
    flush(path, Batch(bill={(when, ABROAD): bill(1000, 50)}))
    (sample,) = found(path)
    assert sample == Sample(
        *when,
        "wwan0",
        None,
        1000,
        50,
        mcc="410",
        tethered=False,
        iccid="8992000000000000000",
    )


def test_a_sample_names_the_application_and_the_rest_is_nobodys(path: Path) -> None:
    when = Interval(T0, T0 + 60)
    parts = {share(): traffic(600), share(CURL): traffic(100), KERNEL: traffic(50)}
    batch = Batch(bill={(when, WWAN): bill(1000, 30)})
    batch.explanation = {(when, WWAN, who): moved for who, moved in parts.items()}
    flush(path, batch)
    rows = found(path, telling=Telling())
    assert [(row.app, row.rx_bytes, row.tx_bytes) for row in rows] == [
        (None, 300, 30),
        ("curl", 100, 0),
        ("firefox", 600, 0),
    ]
    family = Telling(members={1000: "amina"})
    members = {row.app: row.member for row in found(path, telling=family)}
    assert members == {None: None, "curl": "amina", "firefox": "amina"}


def test_what_is_forwarded_is_tethered(path: Path) -> None:
    when = Interval(T0, T0 + 60)
    behind = Share(FIREFOX, "forwarded", via="docker0")
    batch = Batch(bill={(when, WWAN): bill(1000)})
    batch.explanation = {
        (when, WWAN, share()): traffic(600),
        (when, WWAN, behind): traffic(400),
    }
    flush(path, batch)
    rows = found(path, telling=Telling())
    assert [(row.app, row.tethered, row.rx_bytes) for row in rows] == [
        ("firefox", False, 600),
        ("firefox", True, 400),
    ]


def test_only_what_is_billed_and_asked_for_is_there(path: Path) -> None:
    when = Interval(T0, T0 + 60)
    # What no carrier sees has an attachment of its own, which nobody bills.
    beside = replace(WWAN, network="if:wwan0/local", billed=False)
    batch = Batch()
    for where in (WWAN, WLAN, BRIDGE, beside):
        batch.bill[when, where] = bill(1000)
        batch.explanation[when, where, share()] = traffic(500)
    flush(path, batch)
    assert [row.iface for row in found(path)] == ["wwan0", "wlan0"]
    with open_store(path, writable=False) as store:
        known = billed_attachments(store)
        mine = {key: each for key, each in known.items() if each.device == "wlan0"}
        for telling in (NOTHING, Telling()):
            rows = samples(store, EVER, mine, telling)
            assert {row.iface for row in rows} == {"wlan0"}
            assert summed(rows) == (1000, 0)


def test_neighbouring_intervals_have_the_samples_of_both_together(path: Path) -> None:
    flush(path, history())
    middle_s = T0 + 3 * DAY_S + 77
    parts = [Interval(0, middle_s), Interval(middle_s, 2 * T0)]
    for telling in (NOTHING, Telling()):
        both = [row for part in parts for row in found(path, part, telling)]
        assert both == found(path, telling=telling)
        assert [row[:2] for row in both] == sorted(row[:2] for row in both)


def test_rows_without_bytes_are_left_out(path: Path) -> None:
    flush(path, Batch(bill={(Interval(T0, T0 + 60), WWAN): bill(0)}))
    assert found(path) == found(path, telling=Telling()) == []


def _whole(store: Store) -> tuple[int, int]:
    moved: Traffic = billed(store, *EVER).l3
    return moved.rx_bytes, moved.tx_bytes


@pytest.mark.parametrize("telling", [NOTHING, Telling()])
def test_dropped_spans_are_stood_for_by_hours_and_days(
    path: Path, telling: Telling
) -> None:
    with writing(path) as (store, writer):
        writer.flush(history(), NOW_S, trusted=True)
        known = billed_attachments(store)
        before = samples(store, EVER, known, telling)
        roll_up(store, NOW_S, ZoneInfo("Asia/Kolkata"))
        purge(store, NOW_S, SHORT)
        after = samples(store, EVER, known, telling)
        assert summed(before) == summed(after) == _whole(store)
    assert {row.to_s - row.from_s for row in before} == {300}
    assert {300, 3600, DAY_S} <= {row.to_s - row.from_s for row in after}
    assert {row.app for row in after} == {row.app for row in before}


def test_an_attachment_without_a_profile_or_a_country_says_so(path: Path) -> None:
    tether = Attachment("usb:phone", "usb0", billed=True, tethered=True)
    flush(path, Batch(bill={(Interval(T0, T0 + 60), tether): bill(10)}))
    (row,) = found(path)
    assert (row.mcc, row.iccid, row.tethered) == (None, None, True)
