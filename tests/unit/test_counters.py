"""Differences of absolute counters: usage, restart, wrap, first sight."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.counters import (
    Outcome,
    device_usage,
    difference,
    socket_usage,
)
from monitor.devices import DeviceCounters
from monitor.usage import Owner, SocketCounters, SocketKey, Traffic

U64 = st.integers(min_value=0, max_value=2**64 - 1)
TRAFFIC = st.builds(Traffic, U64, U64, U64, U64)
KEY = SocketKey(Owner(1, 2, 3), 4, 5)


def device(ifindex: int, counter: Traffic, name: str = "wwan0") -> DeviceCounters:
    """A device's counters."""
    return DeviceCounters(name, ifindex, counter)


@given(TRAFFIC, TRAFFIC)
def test_counters_that_only_rose_give_their_difference(
    start: Traffic, more: Traffic
) -> None:
    """However large both are."""
    assert difference(start, start + more) == (more, Outcome.OK)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (Traffic(900, 50, 9, 5), Traffic(40, 70, 1, 7)),
        (Traffic(900, 50, 9, 5), Traffic(950, 10, 10, 1)),
        (Traffic(900, 50, 9, 5), Traffic(1000, 60, 3, 6)),
    ],
)
def test_one_field_that_fell_means_that_all_began_anew(
    old: Traffic, new: Traffic
) -> None:
    """The other fields may already have passed their old values."""
    assert difference(old, new) == (new, Outcome.RESTART)


def test_64_bit_counters_never_wrap() -> None:
    """A phantom 4 GB would be worse than a restart."""
    old, new = Traffic(2**32 - 296, 10, 9, 1), Traffic(704, 15, 10, 2)
    assert difference(old, new) == (new, Outcome.RESTART)


def test_a_32_bit_counter_wraps_once() -> None:
    """From the upper half to the lower half only."""
    old, new = Traffic(2**32 - 296, 10, 9, 1), Traffic(704, 15, 10, 2)
    wrapped = (Traffic(1000, 5, 1, 1), Outcome.WRAP)
    assert difference(old, new, counter_bits=32) == wrapped


def test_a_32_bit_counter_that_fell_from_the_lower_half_began_anew() -> None:
    """It cannot have wrapped."""
    old, new = Traffic(2**31 - 1, 10, 9, 1), Traffic(704, 15, 10, 2)
    assert difference(old, new, counter_bits=32) == (new, Outcome.RESTART)


def test_the_first_sight_of_a_store_is_a_baseline() -> None:
    """What was counted before us is not ours."""
    now = device(3, Traffic(10**9, 10**8, 10**6, 10**5))
    (usage,) = device_usage({}, [now], baseline=True)
    assert (usage.traffic, usage.outcome) == (Traffic(), Outcome.BASELINE)


def test_a_device_born_later_counts_from_zero() -> None:
    """Its bytes were moved under our eyes, in a gap, or since boot."""
    now = device(9, Traffic(1500, 20, 3, 1))
    (usage,) = device_usage({3: device(3, Traffic(7, 7, 1, 1))}, [now], baseline=False)
    assert usage.traffic == now.counter


def test_a_renamed_device_continues() -> None:
    """Identity is the ifindex, not the name."""
    before = {3: device(3, Traffic(100, 10, 2, 1), "wwan0")}
    now = device(3, Traffic(150, 30, 3, 2), "wwp0s20")
    (usage,) = device_usage(before, [now], baseline=False)
    assert (usage.traffic, usage.outcome) == (Traffic(50, 20, 1, 1), Outcome.OK)


def test_a_socket_row_may_fall_since_claims_move_bytes() -> None:
    """A listener gives what was counted for it to the child that took the socket."""
    before = {KEY: SocketCounters(Traffic(500, 300, 5, 3), 77)}
    now = {KEY: SocketCounters(Traffic(112, 60, 2, 1), 77)}
    assert socket_usage(before, now) == {KEY: Traffic(-388, -240, -3, -2)}


def test_a_socket_row_born_anew_counts_from_zero() -> None:
    """The old row was removed; its last value is already counted."""
    before = {KEY: SocketCounters(Traffic(500, 300, 5, 3), 77)}
    now = {KEY: SocketCounters(Traffic(52, 0, 1, 0), 78)}
    assert socket_usage(before, now) == {KEY: Traffic(52, 0, 1, 0)}


def test_socket_rows_that_did_not_change_are_left_out() -> None:
    """Most rows are quiet at most ticks."""
    rows = {KEY: SocketCounters(Traffic(500, 300, 5, 3), 77)}
    assert socket_usage(rows, dict(rows)) == {}
