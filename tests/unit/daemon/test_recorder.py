"""Ticks reach a real store, exactly once, whatever fails in between."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from monitor.clock import RELEASED_S, Placement
from monitor.counting.sampler import Sampler
from monitor.daemon.recorder import Recorder
from monitor.networks.attaching import InterfaceRules
from monitor.sources import Sources
from monitor.store import queries
from monitor.store.engine import open_store
from monitor.store.writer import Writer
from monitor.usage import Interval, Traffic
from tests.unit.machine import NETNS, ROW, START_S, Machine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.store.engine import Store

EVER = Interval(0, 2**40)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database is."""
    return tmp_path / "usage.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    """An open store."""
    with open_store(path, writable=True, create=True) as opened:
        yield opened


def recorder_of(machine: Machine, store: Store) -> Recorder:
    """One life of a daemon."""
    sources = Sources(
        machine.clock, machine.counters, machine.links, frozenset, dict, NETNS, machine
    )
    writer = Writer(store)
    resume = writer.start(
        boot_id=machine.boot_id, at_s=START_S, boot_s=START_S, tier="ebpf", version="1"
    )
    trusted_s = max(resume.last_trusted_s, RELEASED_S)
    sampler = Sampler(sources, InterfaceRules(), Placement(trusted_s))
    sampler.resume(resume, machine.clock())
    recorder = Recorder(sampler, writer, machine.boot_id)
    recorder.sample()
    assert recorder.flush()
    return recorder


def bill(store: Store) -> Traffic:
    """Raw bytes of the bill."""
    found = queries.interface_bills(store, EVER)
    return found[0].counter if found else Traffic()


def explained(store: Store) -> Traffic:
    """Bytes that have an owner."""
    rows = queries.explanation(store, EVER)
    found = [row.traffic for row in rows if row.share_kind == "socket"]
    return sum(found, start=Traffic())


def test_what_was_counted_is_stored_and_explained(store: Store) -> None:
    """The bill to the byte; the owner's IP bytes."""
    machine = Machine(devices={2: Traffic(7, 7, 1, 1)})
    recorder = recorder_of(machine, store)
    machine.pass_time(10)
    machine.move(2, Traffic(1014, 66, 1, 1), ROW)
    assert recorder.end()
    assert bill(store) == Traffic(1014, 66, 1, 1)
    assert explained(store) == Traffic(1000, 52, 1, 1)


def test_a_life_that_was_killed_loses_and_doubles_nothing(store: Store) -> None:
    """Whatever was pending is found again in the counters, also whose it was."""
    machine = Machine(devices={2: Traffic(7, 7, 1, 1)})
    for _ in range(3):
        recorder = recorder_of(machine, store)
        machine.pass_time(10)
        machine.move(2, Traffic(1014, 66, 1, 1), ROW)
        recorder.sample()
        recorder.flush()
        machine.pass_time(10)
        machine.move(2, Traffic(514, 66, 1, 1), ROW)
        recorder.sample()  # and killed before the flush
    recorder_of(machine, store).end()
    assert bill(store) == machine.devices[2] - Traffic(7, 7, 1, 1)
    assert explained(store) == machine.rows[ROW].traffic


def test_a_locked_store_is_said_once_and_caught_up(
    store: Store, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Counting goes on in memory meanwhile."""
    caplog.set_level(logging.WARNING)
    machine = Machine(devices={2: Traffic()})
    recorder = recorder_of(machine, store)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        for _ in range(2):
            machine.pass_time(10)
            machine.move(2, Traffic(1014, 66, 1, 1), ROW)
            recorder.sample()
            assert not recorder.flush()
    assert len(caplog.records) == 1
    assert "Counting goes on in memory" in caplog.text
    assert recorder.flush()
    assert "nothing was lost" in caplog.text
    assert bill(store) == machine.devices[2]
    assert explained(store) == machine.rows[ROW].traffic


def test_a_source_that_fails_is_said_once(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    """And again only after it had healed."""
    machine = Machine(devices={2: Traffic()})
    recorder = recorder_of(machine, store)
    for broken, said in ((True, 1), (True, 1), (False, 1), (True, 2)):
        machine.broken = broken
        machine.pass_time(10)
        recorder.sample()
        assert len(caplog.records) == said


def test_usage_from_before_the_clock_was_known_finds_its_place(store: Store) -> None:
    """A machine that booted in 1970 and heard of NTP a minute later."""
    machine = Machine(devices={2: Traffic()}, now_s=10, wall_s=10, synchronised=False)
    recorder = recorder_of(machine, store)
    machine.pass_time(10)
    machine.move(2, Traffic(1014, 66, 1, 1), ROW)
    recorder.sample()
    assert recorder.flush()
    assert bill(store) == Traffic()
    machine.wall_s = START_S + machine.now_s
    machine.synchronised = True
    machine.pass_time(10)
    recorder.sample()
    assert recorder.flush()
    assert bill(store) == Traffic(1014, 66, 1, 1)
    recorded = queries.recorded(store)
    assert recorded is not None
    assert (recorded.from_s, recorded.to_s) == (START_S + 10, START_S + 30)
