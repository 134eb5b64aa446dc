"""Who moved most in the last hour, over a real store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.clock import SECOND_NS
from monitor.daemon.lately import Lately, last_hour
from monitor.store.engine import open_store
from monitor.usage import Traffic
from tests.unit.living import life
from tests.unit.machine import ROW, Machine

if TYPE_CHECKING:
    from pathlib import Path

HOUR_S = 3600


def test_the_last_hour_is_told_and_no_more_and_survives_a_restart(
    tmp_path: Path,
) -> None:
    machine = Machine(devices={2: Traffic()})
    with open_store(tmp_path / "usage.db", writable=True, create=True) as store:
        recorder = life(machine, store, tmp_path, "")
        lately = Lately(machine.clock().boottime_ns)
        for _ in range(3):
            machine.pass_time(1200)
            machine.move(2, Traffic(1014, 0, 1, 0), ROW)
            recorder.sample()
            tick = recorder.sampler.ticked
            assert tick is not None
            lately.book(tick.rows, tick.until_ns, tick.interval_s)
        assert lately.largest(3) == [("curl", 3000)]
        assert lately.largest(0) == []
        recorder.settle()

        now = machine.clock()
        now_s = now.realtime_ns // SECOND_NS
        again = Lately(now.boottime_ns)
        again.recall(last_hour(store, now_s, now.boottime_ns))
        assert again.largest(3) == [("curl", 3000)]
        again.book([], now.boottime_ns + 1800 * SECOND_NS, 10)
        ((_, rest_bytes),) = again.largest(3)
        assert 1000 <= rest_bytes < 3000
        again.book([], now.boottime_ns + HOUR_S * SECOND_NS, 10)
        assert again.largest(3) == []
        later = Lately(now.boottime_ns)
        later.recall(last_hour(store, now_s + HOUR_S, now.boottime_ns))
        assert later.largest(3) == []
