"""Networks at the other end, from the kernel's side to the store: on, off, killed."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import TYPE_CHECKING

import pytest

from monitor.errors import SourceError
from monitor.store import remotes
from monitor.store.engine import open_store
from monitor.store.remotes import Met
from monitor.usage import Interval, Owner, Traffic
from monitor.wire import NOTHING, Reading
from tests.unit.daemon.test_recorder import recorder_of
from tests.unit.machine import CURL, ROW, START_S, Machine

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from monitor.daemon.recorder import Recorder
    from monitor.store.engine import Store

    Network = IPv4Network | IPv6Network

EVER = Interval(0, 2**40)
DAY_S = 86_400
V4, V6 = ip_network("192.0.2.0/24"), ip_network("2001:db8:7::/48")


@dataclass
class Wires:
    """The kernel's side, made of plain values."""

    on: bool = False
    held: dict[tuple[Owner, Network], tuple[int, int]] = field(default_factory=dict)
    broken: bool = False

    def move(self, network: Network, rx_bytes: int, tx_bytes: int) -> None:
        """Curl exchanges something; it is held only while that is on."""
        if self.on:
            self.held[CURL, network] = (rx_bytes, tx_bytes)

    def set_remotes(self, *, on: bool) -> None:
        """Begin or end to count by that network."""
        self.on = on

    def take_remotes(self) -> dict[tuple[Owner, Network], tuple[int, int]]:
        """Hand out what is held."""
        if self.broken:
            raise SourceError("remotes: the kernel refused")
        taken, self.held = self.held, {}
        return taken

    def watch(self, ifindexes: Iterable[int]) -> None:
        """No device is looked at here."""

    def read(self) -> Reading:
        """None of them moved anything."""
        return NOTHING

    def forget_hops(self, ifindexes: Iterable[int]) -> None:
        """There are none."""

    def tun_holders(self) -> dict[int, frozenset[Owner]]:
        """There is no tunnel."""
        return {}

    def set_local_prefixes(self, prefixes: Iterable[tuple[int, Network]]) -> None:
        """Everything is far away."""

    def set_quotas(self, quotas: Mapping[int, int]) -> None:
        """No plan waits for anything."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An open store."""
    with open_store(tmp_path / "usage.db", writable=True, create=True) as opened:
        yield opened


@pytest.fixture
def wires() -> Wires:
    """The kernel's side."""
    return Wires()


@pytest.fixture
def machine(wires: Wires) -> Machine:
    """With one device."""
    return Machine(devices={2: Traffic()}, wires=wires)


def _tick(recorder: Recorder, machine: Machine) -> None:
    machine.pass_time(10)
    recorder.sample()


def test_turned_on_they_are_kept_by_program_and_hour(
    store: Store, wires: Wires, machine: Machine
) -> None:
    recorder = recorder_of(machine, store)
    recorder.keep_remotes(DAY_S)
    for _ in range(2):
        wires.move(V4, 1000, 100)
        wires.move(V6, 500, 50)
        _tick(recorder, machine)
    hours = {key.hour_s for key in recorder.sampler.pending.batch.remotes}
    assert hours == {(START_S + 10) // 3600 * 3600}
    assert recorder.flush()
    assert remotes.kept_s(store) == DAY_S
    assert remotes.met(store, EVER) == [
        Met("curl", "192.0.2.0/24", 2000, 200, "executable"),
        Met("curl", "2001:db8:7::/48", 1000, 100, "executable"),
    ]


def test_without_being_turned_on_nothing_is_asked_for_or_kept(
    store: Store, wires: Wires, machine: Machine
) -> None:
    """What a daemon before left in the kernel goes, too."""
    wires.held[CURL, V4] = (7, 7)
    wires.on = True
    recorder = recorder_of(machine, store)
    recorder.keep_remotes(0)
    assert (wires.on, wires.held) == (False, {})
    wires.move(V4, 1, 1)
    _tick(recorder, machine)
    assert recorder.end()
    assert (remotes.kept_s(store), remotes.met(store, EVER)) == (0, [])


def test_turned_off_what_waits_and_what_is_stored_is_gone(
    store: Store, wires: Wires, machine: Machine
) -> None:
    recorder = recorder_of(machine, store)
    recorder.keep_remotes(DAY_S)
    wires.move(V4, 1000, 100)
    _tick(recorder, machine)
    recorder.flush()
    wires.move(V6, 1, 1)
    _tick(recorder, machine)
    wires.move(V4, 1, 1)
    recorder.keep_remotes(0)
    assert wires.held == {}
    recorder.flush()
    assert (remotes.kept_s(store), remotes.met(store, EVER)) == (0, [])


def test_a_killed_daemon_loses_only_what_it_had_taken_since_its_last_flush(
    store: Store, wires: Wires, machine: Machine
) -> None:
    recorder = recorder_of(machine, store)
    recorder.keep_remotes(DAY_S)
    wires.move(V4, 1000, 100)
    _tick(recorder, machine)
    recorder.flush()
    wires.move(V4, 30, 3)
    _tick(recorder, machine)  # taken, and killed before the flush
    wires.move(V6, 500, 50)  # nobody looks, the kernel counts on
    recorder = recorder_of(machine, store)
    recorder.keep_remotes(DAY_S)
    _tick(recorder, machine)
    recorder.end()
    assert {row.remote: row.rx_bytes for row in remotes.met(store, EVER)} == {
        str(V4): 1000,
        str(V6): 500,
    }


def test_a_kernel_that_refuses_them_does_not_stop_the_count(
    store: Store, wires: Wires, machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    recorder = recorder_of(machine, store)
    recorder.keep_remotes(DAY_S)
    wires.broken = True
    machine.move(2, Traffic(1014, 0, 1, 0), ROW)
    _tick(recorder, machine)
    assert recorder.sampler.live.top == "curl"
    assert caplog.text == ""
    recorder.keep_remotes(0)
    assert "the kernel refused" in caplog.text


def test_a_tier_that_sees_no_programs_says_that_it_keeps_none(
    store: Store, machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    recorder = recorder_of(machine, store)
    recorder.sampler.rows = None
    recorder.keep_remotes(0)
    assert caplog.text == ""
    recorder.keep_remotes(DAY_S)
    assert "not seen by this tier" in caplog.text


def test_without_a_calendar_time_there_is_no_hour_to_remember(
    store: Store, wires: Wires, machine: Machine
) -> None:
    machine.wall_s, machine.synchronised = 10, False
    recorder = recorder_of(machine, store)
    recorder.keep_remotes(DAY_S)
    wires.move(V4, 1, 1)
    _tick(recorder, machine)
    assert not recorder.sampler.pending.batch.remotes
