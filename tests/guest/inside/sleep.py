"""A real suspend to memory, woken by the clock: what the kernel's clocks make of it.

Run alone, as root of a guest. After it the host's files cannot be read or closed any
more, for 9p does not survive a sleep: all that is needed is loaded before, and in place
of an end, which would wait for ever, the status is told as `main` would and the guest
turned off.
"""

from __future__ import annotations

import select
import signal
import sys
import termios
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

sys.path.insert(0, str(Path(__file__).parents[3]))

from monitor.clock import (
    SECOND_NS,
    BoottimeTimer,
    ClockChanges,
    Reading,
    read,
    slept_ns,
)
from monitor.usage import Traffic
from tests.unit.counting.test_sampler import begun, explained, notes
from tests.unit.machine import ROW, Machine

if TYPE_CHECKING:
    from monitor.counting.sampler import Sampler

POWER = Path("/sys/power/state")
ALARM = Path("/sys/class/rtc/rtc0/wakealarm")
STATUS = Path("/dev/ttyS2")
SYSRQ = Path("/proc/sysrq-trigger")
BEAT_S = 20
SLEEP_S = 30


@dataclass
class Guest(Machine):
    """Devices that this script moves, under the clocks of the kernel."""

    is_real: bool = False

    def clock(self) -> Reading:
        """All clocks now."""
        return read() if self.is_real else super().clock()


def suspend() -> None:
    """Sleep until the alarm."""
    ALARM.write_text("0", encoding="ascii")
    ALARM.write_text(f"+{SLEEP_S}", encoding="ascii")
    POWER.write_text("mem", encoding="ascii")


def move(sampler: Sampler, machine: Machine) -> None:
    """Bytes before a sleep, and the tick after it."""
    machine.move(2, Traffic(1014, 0, 1, 0), ROW)
    sampler.tick()


def main() -> None:
    """Sleep, and look."""
    rehearsal = Guest(devices={2: Traffic()})
    sampler = begun(rehearsal)
    rehearsal.sleep(SLEEP_S)
    move(sampler, rehearsal)
    assert notes(sampler)

    machine = Guest(devices={2: Traffic()}, is_real=True)
    sampler = begun(machine)
    with BoottimeTimer(BEAT_S) as timer, ClockChanges() as changes:
        assert not select.select([timer, changes], [], [], 0)[0]
        before = read()
        suspend()
        after = read()
        slept = slept_ns(before.asleep_ns, after)
        awake = after.monotonic_ns - before.monotonic_ns
        print(f"slept {slept} ns, awake {awake} ns")  # noqa: T201 - for people
        assert slept + awake == after.boottime_ns - before.boottime_ns
        assert slept > (SLEEP_S - BEAT_S) * SECOND_NS
        assert (
            awake < BEAT_S * SECOND_NS
        )  # the timer's time is not up but for the sleep
        assert timer.beats() == 1
        assert changes.take()
    move(sampler, machine)
    ((_, kind, detail),) = notes(sampler)
    print(kind, detail)  # noqa: T201 - for people
    assert kind == "suspend"
    assert explained(sampler) == Traffic(1000, 0, 1, 0)
    (piece,) = (key[0] for key, bill in sampler.pending.batch.bill.items() if bill.l3)
    assert piece.to_s - piece.from_s < BEAT_S


def end(status: int, told: TextIO, power: TextIO) -> None:
    """Tell how it ended, and turn the guest off."""
    told.write(f"{status}\n")
    for stream in (sys.stdout, sys.stderr, told):
        stream.flush()
        termios.tcdrain(stream)
    power.write("o")
    power.flush()


if __name__ == "__main__":
    with STATUS.open("w") as opened, SYSRQ.open("w") as trigger:
        try:
            main()
        except Exception:  # noqa: BLE001 - told, and the end is the same
            traceback.print_exc()
            end(1, opened, trigger)
        else:
            end(0, opened, trigger)
        signal.pause()
