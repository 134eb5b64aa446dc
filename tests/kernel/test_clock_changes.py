"""The kernel tells when the wall clock is set; here by a nanosecond, and back."""

from __future__ import annotations

import ctypes
import os
import select

import pytest

from monitor.clock import ClockChanges

pytestmark = pytest.mark.needs("CAP_SYS_TIME")

ADJ_SETOFFSET = 0x0100  # linux/timex.h
ADJ_NANO = 0x2000


class Timex(ctypes.Structure):
    """struct timex."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        *((name, ctypes.c_long) for name in ("offset", "freq", "maxerror", "esterror")),
        ("status", ctypes.c_int),
        *((name, ctypes.c_long) for name in ("constant", "precision", "tolerance")),
        *((name, ctypes.c_long) for name in ("sec", "nsec")),
        ("more", ctypes.c_long * 20),
    )


def shift(by_ns: int) -> None:
    """Set the wall clock by so little that nobody minds."""
    sec, nsec = divmod(by_ns, 1_000_000_000)
    given = Timex(modes=ADJ_SETOFFSET | ADJ_NANO, sec=sec, nsec=nsec)
    if ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(given)) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def test_each_time_that_the_clock_is_set_is_noticed_once() -> None:
    with ClockChanges() as changes:
        assert not select.select([changes], [], [], 0)[0]
        assert not changes.take()
        for by_ns in (1, -1):
            shift(by_ns)
            assert select.select([changes], [], [], 5)[0]
            assert changes.take()
            assert not select.select([changes], [], [], 0)[0]
