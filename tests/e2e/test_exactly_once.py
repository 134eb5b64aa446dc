"""Killed at any instant and started again: nothing is lost, nothing counted twice."""

from __future__ import annotations

import random
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.e2e.busy import Amounts, Busy, slowed
from tests.e2e.daemon import wait_for
from tests.e2e.places import Mounts, without_libbpf
from tests.e2e.truth import (
    NOTHING,
    adds_up,
    billed,
    moved,
    of_process,
    of_reason,
    raw,
    transfer,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.daemon import Esimmon
    from tests.e2e.places import Place
    from tests.lab import Both, Lab


@pytest.fixture
def slow(lab: Lab) -> Iterator[None]:
    """What far sends is shaped, so that a transfer lasts some lives of a daemon."""
    with slowed(lab):
        yield


@pytest.mark.usefixtures("slow")
@pytest.mark.parametrize("seed", [1, 2])
def test_kills_in_the_middle_of_transfers_lose_and_double_nothing(
    lab: Lab, esimmon: Esimmon, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - instants that can be repeated
    before = raw(lab.near)
    daemon = esimmon.start()
    load = Busy(lab, Amounts())
    kills = 0
    while not load.is_over():
        # Some die while they start, some between two flushes.
        time.sleep(chance.uniform(0.1, 0.8))
        daemon.kill()
        kills += 1
        daemon = esimmon.begin()
    wires = load.wait()
    daemon.kill()
    daemon = esimmon.start()

    report = esimmon.report()
    assert kills > 3
    assert billed(report) == raw(lab.near) - before
    assert {pids: of_process(report, *pids) for pids in wires} == wires
    pids = {row["pid"] for row in report["rows"] if row["pid"]}
    assert pids == {pid for pids in wires for pid in pids}
    assert adds_up(report)
    # Nobody missed anything: the kernel's rows lived on.
    for reason in ("gap", "over-explained", "unattributed"):
        assert of_reason(report, reason) == NOTHING
    assert daemon.stop() == 0
    assert esimmon.report()["rows"] == report["rows"]


@pytest.mark.parametrize("after_s", [0.0, 0.05, 0.1])
def test_a_kill_before_the_first_flush_leaves_a_store_as_new(
    lab: Lab, esimmon: Esimmon, after_s: float
) -> None:
    daemon = esimmon.begin()
    # The lock is the first thing that a start makes.
    wait_for((esimmon.folder / "usage.db.lock").exists, "the start of the daemon")
    time.sleep(after_s)
    daemon.kill()
    before = raw(lab.near)
    esimmon.start()
    pid, wire = transfer(lab, down=300_000)

    report = esimmon.report()
    assert billed(report) == raw(lab.near) - before
    assert of_process(report, pid) == wire
    assert moved(report["rows"]) == wire


def test_kills_in_the_middle_of_a_clean_stop_lose_and_double_nothing(
    lab: Lab, esimmon: Esimmon
) -> None:
    before = raw(lab.near)
    wires: dict[int, Both] = {}
    for after_s in (0.0, 0.03, 0.06):
        daemon = esimmon.start()
        wires |= [transfer(lab, down=50_000)]
        daemon.send(signal.SIGTERM)
        time.sleep(after_s)
        daemon.kill()
    daemon = esimmon.start()

    report = esimmon.report()
    assert billed(report) == raw(lab.near) - before
    assert {pid: of_process(report, pid) for pid in wires} == wires
    assert daemon.stop() == 0
    assert not esimmon.pins().exists()


def test_a_life_without_ebpf_between_two_with_it_loses_no_byte_of_a_process(
    lab: Lab, esimmon: Esimmon, root: Place
) -> None:
    before = raw(lab.near)
    daemon = esimmon.start()
    whole = [transfer(lab, down=100_000)]
    daemon.kill()
    whole.append(transfer(lab, down=200_000))
    with Mounts(without_libbpf()) as mounts:
        lesser = esimmon.at(root.behind(mounts))
        daemon = lesser.start()
        assert "tier interface" in daemon.shown()
        whole.append(transfer(lab, down=400_000))
        assert daemon.stop() == 0
    whole.append(transfer(lab, down=800_000))
    daemon = esimmon.start()
    assert "tier ebpf" in daemon.shown()
    whole.append(transfer(lab, down=1_600_000))

    report = esimmon.report()
    assert billed(report) == raw(lab.near) - before
    for pid, wire in whole:
        assert of_process(report, pid) == wire
    assert of_reason(report, "over-explained") == NOTHING
