"""The wall clock is set back an hour: no byte moves, no span is turned round."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.e2e.truth import (
    adds_up,
    billed,
    events,
    of_process,
    raw,
    spans,
    transfer,
)
from tests.e2e.wall import Wall

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.e2e.daemon import Esimmon
    from tests.e2e.places import Place
    from tests.lab import Lab

pytestmark = pytest.mark.needs("clang", "/usr/include/stdlib.h")

HOUR_S = 3600
A_MINUTE_S = 60


@pytest.fixture
def wall(folder: Path) -> Wall:
    """A wall clock that a test sets."""
    return Wall(folder)


@pytest.fixture
def esimmon(wall: Wall, root: Place, make: Callable[[Place], Esimmon]) -> Esimmon:
    """The program as root in the lab's near namespace, under that clock."""
    return make(root.given(**wall.environ))


@pytest.mark.parametrize("synchronised", [True, False])
@pytest.mark.parametrize("step_s", [-HOUR_S, HOUR_S])
def test_a_step_during_the_run_begins_a_new_span_and_moves_no_byte(
    lab: Lab, esimmon: Esimmon, wall: Wall, *, step_s: int, synchronised: bool
) -> None:
    wall.set(0, synchronised=synchronised)
    before = raw(lab.near)
    daemon = esimmon.start()
    wires = dict([transfer(lab, down=100_000)])
    assert daemon.flush()
    stepped_s = int(time.time())
    wall.set(step_s, synchronised=synchronised)
    wires |= [transfer(lab, down=200_000)]
    assert daemon.flush()
    wires |= [transfer(lab, down=400_000)]

    report = esimmon.report()
    assert billed(report) == raw(lab.near) - before
    assert {pid: of_process(report, pid) for pid in wires} == wires
    assert adds_up(report)
    assert daemon.stop() == 0
    assert billed(esimmon.report()) == raw(lab.near) - before
    assert events(esimmon.store) == ["clock-step"]
    lengths = [to_s - from_s for from_s, to_s in spans(esimmon.store)]
    assert min(lengths) >= 0
    assert max(lengths) < A_MINUTE_S
    after = [
        s for s in spans(esimmon.store) if abs(s[0] - stepped_s - step_s) < A_MINUTE_S
    ]
    assert after
    assert len(after) < len(spans(esimmon.store))
    # What a person sees at the end is this run, whichever way the clock went.
    assert "total" in daemon.shown()


def test_a_clock_that_lost_its_source_and_steps_is_not_believed(
    lab: Lab, esimmon: Esimmon, wall: Wall
) -> None:
    wall.set(0, synchronised=True)
    before = raw(lab.near)
    daemon = esimmon.start()
    transfer(lab, down=100_000)
    assert daemon.flush()
    wall.set(-HOUR_S, synchronised=False)
    transfer(lab, down=100_000)
    assert billed(esimmon.report()) == raw(lab.near) - before
    assert daemon.stop() == 0
    assert events(esimmon.store) == []
    now_s = int(time.time())
    assert min(from_s for from_s, _ in spans(esimmon.store)) > now_s - A_MINUTE_S


@pytest.mark.parametrize("years", [-10, 1, 10])
def test_a_step_of_years_between_two_runs_leaves_the_gap_as_short_as_it_was(
    lab: Lab, esimmon: Esimmon, wall: Wall, years: int
) -> None:
    wall.set(0, synchronised=True)
    before = raw(lab.near)
    daemon = esimmon.start()
    transfer(lab, down=100_000)
    daemon.flush()
    daemon.kill()
    transfer(lab, down=200_000)
    wall.set(years * 365 * 24 * HOUR_S, synchronised=True)
    daemon = esimmon.start()

    report = esimmon.report("application", "--period", "2010-01-01..2099-12-31")
    assert billed(report) == raw(lab.near) - before
    assert daemon.stop() == 0
    assert sum(to_s - from_s for from_s, to_s in spans(esimmon.store)) < A_MINUTE_S
    with closing(sqlite3.connect(esimmon.store)) as database:
        gaps = list(database.execute("SELECT from_s, to_s FROM gaps"))
    ((from_s, to_s),) = gaps
    assert 0 <= to_s - from_s < A_MINUTE_S


def test_what_a_run_knew_of_the_time_the_next_one_of_this_boot_knows(
    lab: Lab, esimmon: Esimmon, wall: Wall
) -> None:
    wall.set(0, synchronised=True)
    daemon = esimmon.start()
    daemon.flush()
    daemon.kill()
    wall.set(100 * 24 * HOUR_S, synchronised=False)
    daemon = esimmon.start()
    transfer(lab, down=100_000)
    daemon.flush()
    assert daemon.stop() == 0
    assert max(to_s for _, to_s in spans(esimmon.store)) < time.time() + A_MINUTE_S


@pytest.mark.parametrize("synchronised", [True, False])
def test_a_step_between_two_runs_moves_no_byte(
    lab: Lab, esimmon: Esimmon, wall: Wall, *, synchronised: bool
) -> None:
    wall.set(0, synchronised=synchronised)
    before = raw(lab.near)
    daemon = esimmon.start()
    wires = dict([transfer(lab, down=100_000)])
    daemon.flush()
    daemon.kill()
    wires |= [transfer(lab, down=200_000)]
    wall.set(-HOUR_S, synchronised=synchronised)
    daemon = esimmon.start()
    wires |= [transfer(lab, down=400_000)]

    report = esimmon.report()
    assert billed(report) == raw(lab.near) - before
    assert {pid: of_process(report, pid) for pid in wires} == wires
    assert adds_up(report)
    assert daemon.stop() == 0
    assert min(to_s - from_s for from_s, to_s in spans(esimmon.store)) >= 0
