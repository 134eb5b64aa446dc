"""A full disk: counting goes on in memory, is said once, and catches up."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from tests.e2e.daemon import QUICK, wait_for
from tests.e2e.places import Mounts
from tests.e2e.truth import billed, of_process, raw, transfer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.e2e.daemon import Daemon, Esimmon
    from tests.e2e.places import Place
    from tests.lab import Both, Lab

MOST_FLUSHES = 50


class Disk:
    """A small file system that a test fills.

    Attributes:
        mounts: in which it is there.
        folder: where.
    """

    def __init__(self, mounts: Mounts, folder: Path) -> None:
        self.mounts = mounts
        self.folder = folder
        self._filler = mounts.path(f"{folder}/filler")

    def fill(self) -> None:
        """Leave no byte free."""
        with self._filler.open("ab", 0) as file:
            for size in (1 << 16, 4096):
                with contextlib.suppress(OSError):
                    while file.write(bytes(size)):
                        pass

    def heal(self) -> None:
        """Make room again."""
        self._filler.unlink()


@pytest.fixture
def disk(folder: Path) -> Iterator[Disk]:
    """A file system of its own, of 3 MB."""
    place = folder / "disk"
    place.mkdir()
    with Mounts(f"mount -t tmpfs -o size=3m none {place}") as mounts:
        yield Disk(mounts, place)


@pytest.fixture
def on_disk(root: Place, disk: Disk, make: Callable[[Place], Esimmon]) -> Esimmon:
    """The program with its database on that file system, and without backups."""
    esimmon = make(root.behind(disk.mounts))
    esimmon.store = disk.folder / "usage.db"
    esimmon.configure(QUICK + "[store]\nbackups = 0\n")
    return esimmon


def test_a_full_disk_is_said_once_and_when_it_heals_nothing_is_lost(
    lab: Lab, on_disk: Esimmon, disk: Disk
) -> None:
    before = raw(lab.near)
    daemon = on_disk.start()
    wires = dict([transfer(lab, down=50_000)])
    assert daemon.flush()
    disk.fill()
    wires |= _until_refused(lab, daemon)
    for _ in range(2):
        wires |= [transfer(lab, down=50_000)]
        assert not daemon.flush()
    assert daemon.said() == (
        f"{_full(disk)} Counting goes on in memory.\n"
        "esimmon: esimmon cannot write its database. "
        f"{_full(disk).removeprefix('esimmon: ')} "
        "Until then it is in memory, and a power cut loses it.\n"
    )
    disk.heal()
    wait_for(lambda: "nothing was lost" in daemon.said(), "a flush by itself")
    assert daemon.said().count("\n") == 3
    (alert,) = on_disk.alerts()
    assert (alert["kind"], alert["detail"]) == ("monitor.blind", "full")
    wait_for(lambda: on_disk.alerts()[0]["cleared_at"], "the alert to be over")

    report = on_disk.report()
    assert billed(report) == raw(lab.near) - before
    assert {pid: of_process(report, pid) for pid in wires} == wires
    assert daemon.stop() == 0


def _until_refused(lab: Lab, daemon: Daemon) -> dict[int, Both]:
    """Traffic until the database has used up the room that its log had before."""
    wires: dict[int, Both] = {}
    while not wires or daemon.flush():
        wires |= [transfer(lab, down=50_000)]
        assert len(wires) < MOST_FLUSHES
    return wires


@pytest.mark.parametrize("number", ["SIGINT", "SIGKILL"])
def test_a_daemon_that_ends_while_the_disk_is_full_loses_no_byte(
    lab: Lab, on_disk: Esimmon, disk: Disk, number: str
) -> None:
    before = raw(lab.near)
    daemon = on_disk.start()
    disk.fill()
    wires = _until_refused(lab, daemon)
    if number == "SIGKILL":
        daemon.kill()
    else:
        assert daemon.stop() == 0
        assert "the next start takes it over" in daemon.said()
    wires |= [transfer(lab, down=50_000)]
    disk.heal()
    daemon = on_disk.start()

    report = on_disk.report()
    assert billed(report) == raw(lab.near) - before
    assert {pid: of_process(report, pid) for pid in wires} == wires
    assert daemon.stop() == 0
    assert not on_disk.pins().exists()


def test_on_a_full_disk_no_daemon_starts(on_disk: Esimmon, disk: Disk) -> None:
    disk.fill()
    done = on_disk.call("run")
    assert done.returncode == 1
    assert done.stderr == f"{_full(disk)}\n"


def _full(disk: Disk) -> str:
    place = disk.folder
    return (
        f"esimmon: {place}/usage.db: the disk is full; "
        f"make room on it (`df -h '{place}'`)."
    )
