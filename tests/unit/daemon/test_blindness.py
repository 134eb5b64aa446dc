"""What was not seen or cannot be kept, as it is gathered between two judgements."""

from __future__ import annotations

from monitor.alerts import Missed, Seen, Unwritten
from monitor.counting.live import Ticked
from monitor.daemon.blindness import Blindness
from monitor.errors import StoreError
from monitor.store.batch import Event
from monitor.usage import Attachment, Bill, BootInterval, Interval, Traffic

PHONE = Attachment("wifi:aa", "wlan0", billed=True, metered=True)
HOME = Attachment("wifi:bb", "wlan1", billed=True, metered=False)
BRIDGE = Attachment("if:br0", "br0", billed=False)
SECOND_NS = 1_000_000_000
BOOT_S = 1_780_000_000


def second(at_ns: int) -> int:
    """The UTC second of a CLOCK_BOOTTIME."""
    return BOOT_S + at_ns // SECOND_NS


def test_a_gap_is_given_once_also_if_the_time_was_not_known_then() -> None:
    moved = Bill(Traffic(700), Traffic(500))
    bills = dict.fromkeys((PHONE, HOME, BRIDGE), moved)
    blindness = Blindness(["ebpf", "ebpf"])
    for when in (
        BootInterval(10 * SECOND_NS, 20 * SECOND_NS),
        Interval(BOOT_S + 10, BOOT_S + 20),
    ):
        blindness.see(Ticked(when, 20 * SECOND_NS, 1, bills, [], missed=True), [])
        blindness.see(Ticked(when, 30 * SECOND_NS, 1, bills, []), [])
        gap = Missed(Interval(BOOT_S + 10, BOOT_S + 20), 500)
        assert blindness.found(second) == Seen("ebpf", "ebpf", gap)
        assert blindness.found(second) == Seen("ebpf", "ebpf")


def test_an_overflow_is_given_and_other_events_are_not() -> None:
    blindness = Blindness(["ebpf"])
    blindness.see(None, [Event(1, "overflow", "5 rows"), Event(2, "suspend", "1 h")])
    assert blindness.found(second) == Seen("ebpf", overflow="5 rows")
    assert blindness.found(second) == Seen("ebpf")


def test_all_that_found_no_room_is_given_the_first_of_it_first() -> None:
    blindness = Blindness(["ebpf"])
    details = ("9 packets", "2 programs", "9 packets")
    blindness.see(None, [Event(1, "overflow", detail) for detail in details])
    blindness.see(None, [])
    assert blindness.found(second).overflow == "9 packets; 2 programs"


def test_a_database_is_unwritten_since_its_first_failure_until_it_is_written() -> None:
    blindness = Blindness(["sockdiag", "ebpf"])
    for at_s in (5, 60):
        blindness.failed(StoreError("full.", reason="full"), at_s * SECOND_NS)
    unwritten = Unwritten(BOOT_S + 5, "full", "full.")
    assert blindness.found(second) == Seen("sockdiag", "ebpf", unwritten=unwritten)
    blindness.wrote()
    assert blindness.found(second) == Seen("sockdiag", "ebpf")


def test_what_the_start_mended_is_given_once() -> None:
    blindness = Blindness(["ebpf"], "usage.db was damaged.")
    assert blindness.found(second) == Seen("ebpf", mended="usage.db was damaged.")
    assert blindness.found(second) == Seen("ebpf")
