"""Which offset between boot time and calendar is believed, and the timer."""

from __future__ import annotations

import select
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor import clock
from monitor.clock import (
    PLAUSIBLE_S,
    SECOND_NS,
    BoottimeTimer,
    Delay,
    Placement,
    Reading,
)

TRUSTED_S = 1_800_000_000


def reading(boot_s: float, wall_s: float, *, synchronised: bool) -> Reading:
    """Clocks of one boot."""
    boot_ns = int(boot_s * SECOND_NS)
    return Reading(boot_ns, int(wall_s * SECOND_NS), synchronised, "b", boot_ns)


def test_a_synchronised_clock_is_believed() -> None:
    """And it makes the newest second known to be true."""
    now = TRUSTED_S + 50
    placed = clock.place(Placement(TRUSTED_S), reading(10, now, synchronised=True))
    assert (placed.second(10 * SECOND_NS), placed.trusted) == (now, True)
    assert placed.last_trusted_s == now


def test_a_jump_of_an_unsynchronised_clock_is_not_believed_after_a_good_reading() -> (
    None
):
    """The last good offset of this boot goes on."""
    good = clock.place(Placement(TRUSTED_S), reading(10, TRUSTED_S, synchronised=True))
    jumped = reading(70, TRUSTED_S + 86_400, synchronised=False)
    placed = clock.place(good, jumped)
    assert placed.second(70 * SECOND_NS) == TRUSTED_S + 60
    assert not placed.stepped


def test_a_clock_of_1970_places_nothing() -> None:
    """The usage waits until somebody knows the time."""
    placed = clock.place(Placement(TRUSTED_S), reading(10, 10, synchronised=False))
    assert placed.offset_ns is None
    with pytest.raises(ValueError, match="no offset"):
        placed.second(0)


@pytest.mark.parametrize("ahead_s", [0, PLAUSIBLE_S])
def test_a_plausible_clock_is_believed_without_trust(ahead_s: int) -> None:
    """From the last trusted second until 400 days later."""
    now = reading(10, TRUSTED_S + ahead_s, synchronised=False)
    placed = clock.place(Placement(TRUSTED_S), now)
    assert placed.second(10 * SECOND_NS) == TRUSTED_S + ahead_s
    assert placed.last_trusted_s == TRUSTED_S


def test_a_clock_too_far_ahead_is_not_plausible() -> None:
    """A second more than 400 days."""
    now = reading(10, TRUSTED_S + PLAUSIBLE_S + 1, synchronised=False)
    assert clock.place(Placement(TRUSTED_S), now).offset_ns is None


def test_slewing_keeps_the_offset_and_a_step_is_said() -> None:
    """Otherwise spans of one slot would not touch."""
    first = clock.place(Placement(TRUSTED_S), reading(0, TRUSTED_S, synchronised=True))
    slewed = clock.place(first, reading(10, TRUSTED_S + 10.4, synchronised=True))
    assert (slewed.offset_ns, slewed.stepped) == (first.offset_ns, False)
    stepped = clock.place(first, reading(10, TRUSTED_S - 3590, synchronised=True))
    assert stepped.stepped
    assert stepped.second(10 * SECOND_NS) == TRUSTED_S - 3590


def test_the_clocks_of_this_machine_can_be_read() -> None:
    """The boot id is the kernel's."""
    now = clock.read()
    boot_id = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert now.boot_id == boot_id
    assert 0 < now.boottime_ns < now.realtime_ns


def test_the_timer_beats_and_counts_what_was_missed() -> None:
    """Too early there is no beat; late ones come as one number."""
    with BoottimeTimer(0.05) as timer:
        assert timer.beats() == 0
        assert select.select([timer], [], [], 2.0)[0]
        assert timer.beats() >= 1


def test_a_delay_that_has_begun_is_not_put_off_and_is_over_once() -> None:
    with Delay() as delay:
        assert not delay.take()
        delay.begin(SECOND_NS // 50)
        delay.begin(3600 * SECOND_NS)
        assert select.select([delay], [], [], 10)[0]
        assert delay.take()
        assert not delay.take()
        delay.begin(1)
        assert select.select([delay], [], [], 10)[0]


@given(
    steps=st.lists(
        st.tuples(st.integers(0, 900), st.integers(-3, 3), st.booleans()), min_size=1
    )
)
def test_the_past_is_placed_by_the_rules_of_the_present(
    steps: list[tuple[int, int, bool]],
) -> None:
    """The last of some readings has nothing after it: both know the same of it."""
    boot_s, offset_s, readings = 0, TRUSTED_S, list[Reading]()
    placement = Placement(TRUSTED_S - 10)
    for later_s, step_days, synchronised in steps:
        boot_s += later_s
        offset_s += step_days * 86_400 * 200
        readings.append(
            reading(boot_s, max(0, boot_s + offset_s), synchronised=synchronised)
        )
        placement = clock.place(placement, readings[-1])
        offset_ns, how = clock.place_all(readings, TRUSTED_S - 10)[-1]
        if how == "unplaced":
            # The daemon goes on with what it believed before, if anything.
            assert not placement.trusted
        else:
            assert offset_ns == placement.offset_ns
            assert (how == "unverified") == (not placement.trusted)


def test_a_later_good_reading_of_the_same_boot_goes_before_an_earlier_one() -> None:
    readings = [
        reading(100, TRUSTED_S, synchronised=True),
        reading(160, TRUSTED_S, synchronised=False),
        reading(220, TRUSTED_S + 999, synchronised=True),
        reading(5, TRUSTED_S, synchronised=False)._replace(boot_id="another"),
    ]
    assert clock.place_all(readings, None) == [
        ((TRUSTED_S - 100) * SECOND_NS, "synced"),
        ((TRUSTED_S + 779) * SECOND_NS, "shifted"),
        ((TRUSTED_S + 779) * SECOND_NS, "synced"),
        (None, "unplaced"),
    ]
