"""Clocks: order and durations by CLOCK_BOOTTIME, calendar by CLOCK_REALTIME.

BOOTTIME runs on in suspend and never steps, so it orders samples and times the loop;
realtime only tells where on the calendar they belong. `place` decides which offset
between the two to believe. The one module that reads a clock.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import time
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from monitor.closing import Closing

if TYPE_CHECKING:
    from collections.abc import Sequence

SECOND_NS = 1_000_000_000
RELEASED_S = 1_793_491_200
"""2026-11-01: no true clock that runs this version shows an earlier time."""
PLAUSIBLE_S = 400 * 86_400
STEP_NS = SECOND_NS // 2
"""A smaller change of the offset is NTP's slewing: spans stay contiguous."""

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised
_TIMEX_BYTES = 208  # sizeof(struct timex) on 64 bit, linux/timex.h
_TFD_NONBLOCK_CLOEXEC = os.O_NONBLOCK | os.O_CLOEXEC
_TFD_ABSTIME = 1  # linux/timerfd.h
_TFD_CANCEL_ON_SET = 2
_FAR_S = 1 << 40
_ITIMERSPEC = struct.Struct("=qqqq")

_libc = ctypes.CDLL(None, use_errno=True)


class Reading(NamedTuple):
    """All clocks at one instant.

    Attributes:
        boottime_ns: since boot, suspend included.
        realtime_ns: since 1970, as the wall clock says.
        synchronised: whether the kernel believes the wall clock (adjtimex).
        boot_id: random id of this boot.
        monotonic_ns: since boot, suspend left out (CLOCK_MONOTONIC).
    """

    boottime_ns: int
    realtime_ns: int
    synchronised: bool
    boot_id: str
    monotonic_ns: int

    @property
    def asleep_ns(self) -> int:
        """How long the machine has slept in this boot."""
        return self.boottime_ns - self.monotonic_ns


def slept_ns(before_ns: int, reading: Reading) -> int:
    """How long the machine slept between two readings.

    Args:
        before_ns: `asleep_ns` of the one before.
        reading: the one now.

    Returns:
        Nanoseconds; 0 up to a second: the two clocks are not read at one instant, and
        a process may be halted in between.
    """
    slept = reading.asleep_ns - before_ns
    return slept if slept > SECOND_NS else 0


@dataclass(frozen=True, slots=True)
class Placement:
    """Which offset from BOOTTIME to realtime is believed in this boot.

    Attributes:
        last_trusted_s: newest UTC second known to be true.
        offset_ns: realtime minus boottime; None while nothing can be believed.
        trusted: whether the offset came from a synchronised clock of this boot.
        stepped: whether the last reading changed the offset by more than slewing.
    """

    last_trusted_s: int
    offset_ns: int | None = None
    trusted: bool = False
    stepped: bool = False

    def second(self, boottime_ns: int) -> int:
        """The UTC second of an instant of this boot.

        Raises:
            ValueError: nothing can be believed yet (`offset_ns` is None).
        """
        if self.offset_ns is None:
            raise ValueError("no offset between boot time and calendar yet")
        return (boottime_ns + self.offset_ns) // SECOND_NS


def place(before: Placement, reading: Reading) -> Placement:
    """Decide which offset between boot time and calendar to believe.

    That of a synchronised clock; else the last good one of this boot; else the wall
    clock's own if it is plausible; else none.

    Args:
        before: what was believed at the reading before.
        reading: the clocks now.

    Returns:
        What is believed now. Its offset moves only for a step: slewing keeps it.
    """
    own_ns = reading.realtime_ns - reading.boottime_ns
    now_s = reading.realtime_ns // SECOND_NS
    if reading.synchronised:
        steady = replace(
            before, trusted=True, last_trusted_s=max(before.last_trusted_s, now_s)
        )
        return _moved(steady, own_ns)
    if before.trusted:
        return replace(before, stepped=False)
    if _is_plausible(now_s, before.last_trusted_s):
        return _moved(before, own_ns)
    return replace(before, stepped=False)


def _moved(before: Placement, offset_ns: int) -> Placement:
    if before.offset_ns is None:
        return replace(before, offset_ns=offset_ns, stepped=False)
    if abs(offset_ns - before.offset_ns) < STEP_NS:
        return replace(before, stepped=False)
    return replace(before, offset_ns=offset_ns, stepped=True)


def place_all(
    readings: Sequence[Reading], last_trusted_s: int | None
) -> list[tuple[int | None, str]]:
    """Place readings of the past, of which later ones are known too.

    `place` knows only what came before. What it holds back or believes unverified is
    placed here by the nearest later synchronised reading of the same boot; without one
    by the nearest earlier one; without any by the wall clock's own if it is plausible.

    Args:
        readings: in their order; each boot's in one piece.
        last_trusted_s: newest UTC second known to be true before them; None for none.

    Returns:
        For each reading the offset from boot time to realtime in nanoseconds, None
        where nothing can be believed, and how it was found: `synced`, `shifted`,
        `unverified`, `unplaced`.
    """
    later: list[int | None] = []
    following: dict[str, int] = {}
    for reading in reversed(readings):
        if reading.synchronised:
            following[reading.boot_id] = reading.realtime_ns - reading.boottime_ns
        later.append(following.get(reading.boot_id))
    placed: list[tuple[int | None, str]] = []
    earlier: dict[str, int] = {}
    for reading, offset_ns in zip(readings, reversed(later), strict=True):
        own_ns = reading.realtime_ns - reading.boottime_ns
        now_s = reading.realtime_ns // SECOND_NS
        if reading.synchronised:
            earlier[reading.boot_id] = own_ns
            placed.append((own_ns, "synced"))
        elif offset_ns is not None:
            placed.append((offset_ns, "shifted"))
        elif reading.boot_id in earlier:
            placed.append((earlier[reading.boot_id], "shifted"))
        elif _is_plausible(now_s, last_trusted_s):
            placed.append((own_ns, "unverified"))
        else:
            placed.append((None, "unplaced"))
    return placed


def _is_plausible(now_s: int, last_trusted_s: int | None) -> bool:
    """Whether a wall clock that nothing vouches for may be right."""
    if last_trusted_s is None:
        return False
    return last_trusted_s <= now_s <= last_trusted_s + PLAUSIBLE_S


def read(boot_id_file: Path = _BOOT_ID) -> Reading:
    """Read all clocks of this machine."""
    timex = ctypes.create_string_buffer(_TIMEX_BYTES)  # modes = 0: only read
    synchronised = _libc.adjtimex(timex) not in (_TIME_ERROR, -1)
    # Before BOOTTIME: a sleep that begins here is seen now, and is not a negative one.
    monotonic_ns = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    return Reading(
        boottime_ns=time.clock_gettime_ns(time.CLOCK_BOOTTIME),
        realtime_ns=time.clock_gettime_ns(time.CLOCK_REALTIME),
        synchronised=synchronised,
        boot_id=_boot_id(boot_id_file),
        monotonic_ns=monotonic_ns,
    )


@cache
def _boot_id(path: Path) -> str:
    """No process outlives its boot: read once."""
    return path.read_text(encoding="ascii").strip()


def now_s() -> int:
    """The wall clock in whole UTC seconds, for what only people read."""
    return time.clock_gettime_ns(time.CLOCK_REALTIME) // SECOND_NS


class _Timer(Closing):
    """A timerfd(2). Python has os.timerfd_create only from 3.13 on, hence libc."""

    def __init__(self, clock: int, name: str) -> None:
        self._fd = _libc.timerfd_create(clock, _TFD_NONBLOCK_CLOEXEC)
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), f"timerfd_create({name})")

    def _set(self, spec: bytes, flags: int = 0) -> None:
        if _libc.timerfd_settime(self._fd, flags, spec, None):
            raise OSError(ctypes.get_errno(), "timerfd_settime")

    def fileno(self) -> int:
        """For selectors."""
        return int(self._fd)

    def close(self) -> None:
        """Release the descriptor."""
        os.close(self._fd)


class ClockChanges(_Timer):
    """Readable once the wall clock was set, or the machine was woken from sleep.

    A timer that never fires, and that the kernel cancels at such a moment.
    """

    def __init__(self) -> None:
        """Look from now on.

        Raises:
            OSError: the kernel refuses a timer.
        """
        super().__init__(time.CLOCK_REALTIME, "CLOCK_REALTIME")
        self._look()

    def _look(self) -> None:
        self._set(_ITIMERSPEC.pack(0, 0, _FAR_S, 0), _TFD_ABSTIME | _TFD_CANCEL_ON_SET)

    def take(self) -> bool:
        """Whether that happened since the last call."""
        try:
            os.read(self._fd, 8)
        except BlockingIOError:
            return False
        except OSError as error:
            if error.errno != errno.ECANCELED:
                raise
        self._look()
        return True


class Delay(_Timer):
    """Readable once, some time after it was begun."""

    def __init__(self) -> None:
        """Wait for nothing yet.

        Raises:
            OSError: the kernel refuses a timer.
        """
        super().__init__(time.CLOCK_BOOTTIME, "CLOCK_BOOTTIME")
        self._runs = False

    def begin(self, after_ns: int) -> None:
        """Be readable after so long; one that has begun already is not put off."""
        if not self._runs:
            self._set(_ITIMERSPEC.pack(0, 0, *divmod(after_ns, SECOND_NS)))
            self._runs = True

    def take(self) -> bool:
        """Whether the time was up; it may be begun again then."""
        try:
            os.read(self._fd, 8)
        except BlockingIOError:
            return False
        self._runs = False
        return True


class BoottimeTimer(_Timer):
    """A timer on CLOCK_BOOTTIME: fires at a fixed beat, at once after a resume.

    Readable when at least one beat has passed.
    """

    def __init__(self, interval_s: float) -> None:
        """Arm the timer.

        Args:
            interval_s: seconds between two beats.

        Raises:
            OSError: the kernel refuses a timer.
        """
        super().__init__(time.CLOCK_BOOTTIME, "CLOCK_BOOTTIME")
        self.set_interval(interval_s)

    def set_interval(self, interval_s: float) -> None:
        """Beat at another interval from now on."""
        whole, rest = divmod(int(interval_s * SECOND_NS), SECOND_NS)
        self._set(_ITIMERSPEC.pack(whole, rest, whole, rest))

    def beats(self) -> int:
        """How many beats have passed since the last call; 0 when it is too early."""
        try:
            return int.from_bytes(os.read(self._fd, 8), "little")
        except BlockingIOError:
            return 0
