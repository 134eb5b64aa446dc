"""A night's sleep, with and without logind: no byte is of it, none is lost."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from tests.desktop.stack import session_bus
from tests.e2e.daemon import SLOW, wait_for
from tests.e2e.truth import (
    NOTHING,
    adds_up,
    billed,
    events,
    moved,
    of_process,
    on_disk,
    raw,
    spans,
    transfer,
)
from tests.login1 import Login1

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.e2e.daemon import Esimmon
    from tests.e2e.places import Place
    from tests.e2e.wall import Wall
    from tests.lab import Lab

pytestmark = pytest.mark.needs("clang", "/usr/include/stdlib.h")

NIGHT_S = 8 * 3600


@pytest.fixture
def esimmon(wall: Wall, root: Place, make: Callable[[Place], Esimmon]) -> Esimmon:
    """The program as root in the lab's near namespace, under those clocks."""
    nowhere = {"DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nowhere"}
    return make(root.given(**wall.environ, **nowhere))


def test_what_was_moved_before_a_night_is_of_the_evening(
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


@pytest.mark.needs("dbus-daemon")
def test_all_is_on_disk_when_logind_may_go_on_and_the_end_holds_nothing_up(
    lab: Lab, esimmon: Esimmon, tmp_path: Path
) -> None:
    esimmon.configure(SLOW)
    before = raw(lab.near)
    with session_bus(tmp_path) as bus:
        address = bus.environ["DBUS_SESSION_BUS_ADDRESS"]
        with Login1(address) as login1:
            daemon = esimmon.begin(DBUS_SYSTEM_BUS_ADDRESS=address)
            daemon.wait_ready()
            wait_for(lambda: login1.locks() == ["held"], "the lock")
            pid, wire = transfer(lab, down=200_000)
            assert of_process(on_disk(esimmon.folder, tmp_path), pid) == NOTHING
            login1.prepare(is_near=True)
            wait_for(lambda: login1.locks() == ["free"], "the lock to be let go")
            report = on_disk(esimmon.folder, tmp_path)
            assert billed(report) == raw(lab.near) - before
            assert of_process(report, pid) == wire
            assert adds_up(report)
            login1.prepare(is_near=False)
            wait_for(lambda: login1.locks() == ["free", "held"], "the next lock")
            assert daemon.stop() == 0
            assert login1.locks() == ["free", "free"]
            assert events(esimmon.store) == []
