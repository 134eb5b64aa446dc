"""What was recorded does not go by a clock that nobody vouches for."""

from __future__ import annotations

from monitor.clock import RELEASED_S, SECOND_NS, Placement, Reading, place
from monitor.daemon.dates import Believed

DAY_S = 86_400
NOW_S = RELEASED_S + 100 * DAY_S


class Machine:
    """Clocks that a test sets; nothing is believed of them at first."""

    def __init__(self) -> None:
        self.boottime_s = 1000
        self.wall_s = NOW_S
        self.synchronised = False
        self.placement = Placement(RELEASED_S)
        self.believed = Believed(lambda: self.placement, self.read)

    def read(self) -> Reading:
        """The clocks now."""
        boottime_ns = self.boottime_s * SECOND_NS
        wall_ns = self.wall_s * SECOND_NS
        return Reading(boottime_ns, wall_ns, self.synchronised, "boot", boottime_ns)

    def tick(self, *, step_s: int = 0, passed_s: int = 0) -> None:
        """Time passes, the clock is set, and the sampler looks."""
        self.boottime_s += passed_s
        self.wall_s += passed_s + step_s
        self.placement = place(self.placement, self.read())


def test_a_synchronised_clock_is_sure() -> None:
    machine = Machine()
    machine.synchronised = True
    machine.tick()
    assert machine.believed.now_s() == machine.believed.surely_s() == NOW_S


def test_a_clock_that_is_set_wrong_after_it_was_right_is_not_followed() -> None:
    machine = Machine()
    machine.synchronised = True
    machine.tick()
    machine.synchronised = False
    for step_s in (3650 * DAY_S, -7300 * DAY_S):
        machine.tick(step_s=step_s)
        assert machine.believed.now_s() == machine.believed.surely_s() == NOW_S


def test_an_unsynchronised_clock_must_have_stood_for_a_day() -> None:
    machine = Machine()
    machine.tick()
    assert machine.believed.now_s() == NOW_S
    assert machine.believed.surely_s() == RELEASED_S
    machine.tick(passed_s=DAY_S - 1)
    assert machine.believed.surely_s() == RELEASED_S
    machine.tick(passed_s=1)
    assert machine.believed.surely_s() == NOW_S + DAY_S
    machine.tick(step_s=200 * DAY_S)
    assert machine.believed.now_s() == NOW_S + 201 * DAY_S
    assert machine.believed.surely_s() == RELEASED_S


def test_without_anything_to_believe_only_the_wall_clock_can_be_asked() -> None:
    machine = Machine()
    machine.wall_s = 0
    machine.tick()
    assert machine.believed.now_s() == 0
    assert machine.believed.surely_s() == RELEASED_S
