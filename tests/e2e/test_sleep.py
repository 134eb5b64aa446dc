"""A night's sleep on a machine without logind: no byte is of it, none is lost."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from tests.e2e.daemon import SLOW
from tests.e2e.truth import (
    adds_up,
    billed,
    events,
    moved,
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

NIGHT_S = 8 * 3600


@pytest.fixture
def wall(folder: Path) -> Wall:
    """Clocks that a test sets; synchronised."""
    made = Wall(folder)
    made.set(0, synchronised=True)
    return made


@pytest.fixture
def esimmon(wall: Wall, root: Place, make: Callable[[Place], Esimmon]) -> Esimmon:
    """The program as root in the lab's near namespace, under those clocks."""
    nowhere = {"DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nowhere"}
    return make(root.given(**wall.environ, **nowhere))


def test_what_was_moved_before_a_night_is_stored_before_it(
    lab: Lab, esimmon: Esimmon, wall: Wall
) -> None:
    esimmon.configure(SLOW)
    before = raw(lab.near)
    daemon = esimmon.start()
    evening_pid, evening = transfer(lab, down=200_000)
    slept_s = time.time()
    wall.sleep(NIGHT_S)
    assert daemon.flush()
    morning_pid, morning = transfer(lab, down=300_000)
    assert daemon.flush()

    report = esimmon.report()
    assert billed(report) == raw(lab.near) - before
    assert of_process(report, evening_pid) == evening
    assert of_process(report, morning_pid) == morning
    assert adds_up(report)
    woke_s = int(slept_s) + NIGHT_S
    assert all(
        to_s <= slept_s + 2 or from_s >= woke_s for from_s, to_s in spans(esimmon.store)
    )
    rows = [row for row in esimmon.report("hour")["rows"] if row["rx_bytes"]]
    first, *_, last = [row for row in rows if row["rx_bytes"] > 100_000]
    assert moved([first]).rx == evening.rx
    assert moved([last]).rx == morning.rx
    assert daemon.stop() == 0
    assert events(esimmon.store) == ["suspend"]
    done = esimmon.plainly("doctor", "--json", "--store", esimmon.store)
    (found,) = (
        each for each in json.loads(done.stdout)["findings"] if each["id"] == "sleeps"
    )
    assert found["text"].startswith("1 sleep in 7 days")
    assert found["text"].endswith(": the machine slept for 8 h.")
