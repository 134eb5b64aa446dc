"""Thousands of short processes: all named, and nothing of them stays behind."""

from __future__ import annotations

import select
from typing import TYPE_CHECKING

import pytest

from monitor.collectors.bpf import open_program
from monitor.counting import socket_rows
from monitor.counting.socket_rows import SocketRows
from monitor.store.batch import Batch
from tests.benchmarks.churn import Watched
from tests.benchmarks.resources import slope
from tests.benchmarks.short import Life, Short
from tests.e2e.daemon import wait_for
from tests.e2e.truth import moved
from tests.lab import Lab

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.collectors.bpf import Program
    from monitor.usage import Owner

_MANY = 5000
_NAMED = 2000  # the daemon writes each down: seconds on a busy machine
_TAIL_BYTES = 52
_KINDS = ("tcp", "udp")


@pytest.fixture
def program() -> Iterator[Program]:
    """A program of our own: rows are taken out of its map."""
    opened = open_program(None, "").program
    yield opened
    opened.close()


def _owners(program: Program, netns: int) -> set[Owner]:
    return {key.owner for key in program.read() if key.netns == netns}


@pytest.mark.parametrize("kind", _KINDS)
def test_of_thousands_that_ended_nothing_stays_in_the_kernel_or_in_memory(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(socket_rows, "QUIET_NS", 0)
    rows, batch = SocketRows(program), Batch()
    with Lab() as lab:
        pids = Short(tmp_path, lab).run(_MANY, Life(kind=kind))
        lab.wire()
        rows.remember(rows.read(), batch, now_ns=1)
        ours = {owner for owner in _owners(program, lab.near.inode) if owner.pid}
        assert {owner.pid for owner in ours} == set(pids)
        assert all(rows.find(owner).comm.startswith("short-") for owner in ours)
        assert ours <= program.exited()

        # First the rows go; then, as nothing new came, their owners.
        for now_ns in (2, 3):
            rows.retire(batch, now_ns)
            rows.remember(rows.read(), batch, now_ns)
        assert _owners(program, lab.near.inode) == set()
    assert not ours & program.exited()
    assert not any(program.process(owner) for owner in ours)
    kept = (rows._processes, rows._ended, program._named, program._argv)
    assert not any(ours & set(memory) for memory in kept)
    for by_row in (rows._last, rows._changed_ns, batch.sockets_changed):
        assert not ours & {key.owner for key in by_row}


@pytest.mark.parametrize("kind", _KINDS)
def test_the_daemon_names_each_of_thousands_with_the_bytes_of_the_wire(
    kind: str,
) -> None:
    with Watched() as watched:
        before = watched.lab.wire()
        pids = watched.short.run(_NAMED, Life(kind=kind))
        wire = watched.lab.wire().since(before)
        # Its answer may take longer than a report waits for it on a busy machine.
        watched.daemon.ask("flush")
        wait_for(lambda: watched.process_rows() >= _NAMED, "all of them in the store")
        rows = watched.esimmon.report("process")["rows"]
        named = {row["pid"]: row["comm"] for row in rows if row["pid"]}
        assert {pid: named[pid] for pid in pids} == {
            pid: f"short-{number}" for number, pid in enumerate(pids)
        }
        lost = wire.since(moved([row for row in rows if row["pid"] in set(pids)]))
        # The last FIN and its ACK, where the process ended before they came: then a
        # socket in TIME_WAIT takes them, which has no owner.
        most = {"tcp": _NAMED // 20, "udp": 0}[kind]
        for way in lost:
            assert 0 <= way.packets <= most
            assert way.bytes == way.packets * _TAIL_BYTES
        assert watched.daemon.stop() == 0


def test_the_kernel_calls_once_when_much_was_born_since_the_last_read(
    program: Program, tmp_path: Path
) -> None:
    def called() -> bool:
        ready, _, _ = select.select([program.wakeups], [], [], 0)
        return bool(ready)

    with Lab() as lab:
        short = Short(tmp_path, lab)
        program.read()
        program.wakeups.arm(40)
        short.run(5, Life())
        assert not called()
        short.run(40, Life())
        assert called()
        program.wakeups.take()
        short.run(40, Life())
        assert not called()  # until somebody reads, and then waits again
        program.wakeups.arm(1)
        short.run(1, Life())
        assert called()


def test_the_daemon_makes_room_before_its_tick_comes() -> None:
    seldom = """[sampling]
tick = "1 min"
flush = "10 min"
"""
    with Watched(seldom) as watched:
        watched.short.begin(_MANY, Life())  # a row and an owner each
        wait_for(lambda: watched.process_rows() > 0, "rows in the store")
        assert watched.daemon.stop() == 0
        assert watched.maps.health().failed_rows == 0


def test_the_slope_of_a_line_is_its_slope() -> None:
    assert slope([(0, 1), (1, 3), (2, 5)]) == 2
    assert slope([(0, 5), (1, 5), (3, 5)]) == 0
