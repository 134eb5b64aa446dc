"""What the store knows of networks, and what people call them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from monitor.errors import RejectedError, UsageError
from monitor.networks.uplink import Network
from monitor.store.batch import Batch, Unplaced
from monitor.store.engine import open_store
from monitor.store.labels import LONGEST, put_label, usable_label
from monitor.store.networks import Met, met
from monitor.usage import Interval, Traffic
from tests.networking import CABLE, ESIM, ICCID, attachment, wifi
from tests.unit.store.builders import BRIDGE, T0, WWAN, bill, writing

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.store.engine import Store

HOSTILE = wifi(b"\xff\x00\x1b]0;own\x07\xe2\x80\xae" + b"\0" * 20, 2)


def used(*networks: Network) -> Batch:
    """Each was used for five minutes, one after the other, and all are known."""
    batch = Batch(networks={each.key: each for each in networks})
    for at, each in enumerate(networks):
        when = Interval(T0 + 300 * at, T0 + 300 * at + 300)
        batch.bill[when, attachment(each, f"net{at}")] = bill(1000)
    return batch


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store with a SIM, a cable, a hostile Wi-Fi and a device that is just there."""
    made = tmp_path / "usage.db"
    with writing(made) as (_, writer):
        batch = used(ESIM, CABLE, HOSTILE)
        batch.bill[Interval(T0, T0 + 60), WWAN] = bill(10)
        batch.bill[Interval(T0, T0 + 60), BRIDGE] = bill(10)
        writer.flush(batch, T0 + 900, trusted=True)
    return made


def known(path: Path) -> dict[str, Met]:
    """All that are known."""
    with open_store(path, writable=False) as store:
        return {each.network.key: each for each in met(store)}


def called(path: Path) -> dict[str, str]:
    """What they are called, those that are."""
    return {key: each.label for key, each in known(path).items() if each.label}


def test_networks_are_read_as_they_were_written_whatever_their_names(
    path: Path,
) -> None:
    found = known(path)
    assert list(found) == sorted([ESIM.key, CABLE.key, HOSTILE.key, "if:wwan0"])
    for at, network in enumerate((ESIM, CABLE, HOSTILE)):
        seen = Interval(T0 + 300 * at, T0 + 300 * at + 300)
        where = attachment(network, f"net{at}")
        assert found[network.key] == Met(network, "", where, seen)
    bare = found["if:wwan0"]
    assert (bare.network, bare.where) == (Network("if:wwan0"), WWAN)


def test_of_several_attachments_the_newest_says_where_and_how(path: Path) -> None:
    later = replace(attachment(ESIM, "wwan7"), roaming=False)
    with writing(path, T0 + 9000) as (_, writer):
        batch = Batch(bill={(Interval(T0 + 9000, T0 + 9060), later): bill(10)})
        writer.flush(batch, T0 + 9060, trusted=True)
    each = known(path)[ESIM.key]
    assert each.where == later
    assert each.seen == Interval(T0, T0 + 9060)


def test_usage_without_a_time_on_the_calendar_does_not_say_when(path: Path) -> None:
    lost, lately = wifi(b"cave", 7), attachment(CABLE, "net9")
    with writing(path, T0 + 9000) as (_, writer):
        waiting = [
            Unplaced(1, 2, where, bill(10), None, Traffic())
            for where in (attachment(lost, "wlan0"), lately)
        ]
        batch = Batch(networks={lost.key: lost}, unplaced=waiting)
        writer.flush(batch, T0, trusted=False)
    found = known(path)
    assert found[lost.key] == Met(lost, "", attachment(lost, "wlan0"), None)
    # It was on another device when it was seen.
    assert found[CABLE.key].where == attachment(CABLE, "net1")


def test_a_name_of_ones_own_stays_whatever_is_learnt_of_the_network(
    path: Path,
) -> None:
    with writing(path, T0 + 9000) as (store, writer):
        assert put_label(store, ESIM.key, " My travel SIM ") == "My travel SIM"
        home = replace(ESIM, roaming=False, mcc="234")
        writer.flush(Batch(networks={home.key: home}), T0 + 9000, trusted=True)
    each = known(path)[ESIM.key]
    assert (each.label, each.network) == ("My travel SIM", home)


def test_a_device_that_is_only_in_the_bill_can_be_named_and_learnt_of(
    path: Path,
) -> None:
    with writing(path, T0 + 9000) as (store, writer):
        put_label(store, "if:wwan0", "Old stick")
        assert {each.label for each in met(store)} == {"", "Old stick"}
        learnt = Network("if:wwan0", metered=True, metered_by="config")
        writer.flush(Batch(networks={learnt.key: learnt}), T0 + 9000, trusted=True)
    assert known(path)["if:wwan0"].network == learnt
    assert called(path) == {"if:wwan0": "Old stick"}


def writable(path: Path) -> Store:
    """The store, open for a command."""
    return open_store(path, writable=True)


def test_a_name_is_of_one_network_only_and_can_be_given_on(path: Path) -> None:
    with writable(path) as store:
        put_label(store, ESIM.key, "Phone")
        put_label(store, ESIM.key, "Phone")
        with pytest.raises(RejectedError, match=f'"Phone": {ESIM.key}. Nothing'):
            put_label(store, CABLE.key, "Phone")
        put_label(store, ESIM.key, "")
        put_label(store, CABLE.key, "Phone")
        put_label(store, HOSTILE.key, "")
    assert called(path) == {CABLE.key: "Phone"}


@pytest.mark.parametrize("name", [ESIM.key, ICCID, HOSTILE.uuid])
def test_a_name_by_which_another_network_is_found_is_refused(
    path: Path, name: str
) -> None:
    with writable(path) as store, pytest.raises(RejectedError, match="another"):
        put_label(store, CABLE.key, name)
    assert called(path) == {}


def test_its_own_key_is_no_bad_name(path: Path) -> None:
    with writable(path) as store:
        put_label(store, CABLE.key, CABLE.uuid)
    assert called(path) == {CABLE.key: CABLE.uuid}


@pytest.mark.parametrize(
    "key", ["", "sim:1", "\ud800", "x' OR 1=1 --", BRIDGE.network + "\0"]
)
def test_what_is_no_network_cannot_be_named(path: Path, key: str) -> None:
    with writable(path) as store, pytest.raises(RejectedError, match="no network"):
        put_label(store, key, "x")
    assert called(path) == {}


@pytest.mark.parametrize(
    "text",
    [
        "x" * (LONGEST + 1),
        "two\nlines",
        "a\ttab",
        "\x1b[31mred",
        "\u202egnp.exe",
        "nul\0",
        "\udcff",
        "a\u2028b",
    ],
)
def test_what_a_terminal_would_not_show_as_it_is_is_no_name(
    path: Path, text: str
) -> None:
    with pytest.raises(UsageError) as caught:
        usable_label(text)
    assert str(caught.value).isprintable()
    with writable(path) as store, pytest.raises(UsageError):
        put_label(store, ESIM.key, text)
    assert called(path) == {}


@pytest.mark.parametrize(
    "text", ["فون", "电话", "x" * LONGEST, "0", "🛫", "\\xff", "'"]
)
def test_names_of_all_scripts_are_kept_as_they_are(path: Path, text: str) -> None:
    with writable(path) as store:
        put_label(store, ESIM.key, f"\t{text}\n")
    assert called(path) == {ESIM.key: text}
