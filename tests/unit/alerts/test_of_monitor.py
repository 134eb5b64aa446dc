"""What a person is told of the monitor itself: when it does not see all."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from monitor.alerts import Missed, Raised, Seen, Told, Unwritten, judge_monitor
from monitor.usage import Interval
from tests.alerting import JUNE_S, MB

ZONE = ZoneInfo("UTC")
FULL = Unwritten(JUNE_S, "full", "/x/usage.db: the disk is full; make room on it.")
BUSY = Unwritten(JUNE_S, "busy", "/x/usage.db: busy.")
DAY_S = 86_400


class Monitor:
    """A monitor whose judgements are believed.

    Attributes:
        told: so far.
    """

    def __init__(self) -> None:
        """Tell nothing yet."""
        self.told = Told()

    def tick(self, seen: Seen, at_s: int = 0) -> list[str]:
        """Subject and detail of what is told then."""
        changes = judge_monitor(self.told, JUNE_S + at_s, seen, ZONE)
        self.told = self.told.after(changes)
        return [
            f"{each.key.subject} {each.alert.detail}"
            for each in changes
            if isinstance(each, Raised)
        ]

    @property
    def open(self) -> list[str]:
        """Subjects of what holds."""
        return sorted(key.subject for key in self.told.open)

    def words(self) -> tuple[str, str]:
        """Title and body of the only one that holds."""
        (raised,) = self.told.open.values()
        return raised.alert.title, raised.alert.body


def missed(moved_bytes: int, length_s: int) -> Seen:
    """A time without a daemon that ends at the first of June."""
    return Seen(
        "ebpf", "ebpf", Missed(Interval(JUNE_S - length_s, JUNE_S), moved_bytes)
    )


@pytest.mark.parametrize(
    ("moved_bytes", "length_s", "is_told"),
    [
        (18 * MB, 33_660, True),
        (MB, 300, True),
        (MB - 1, 300, False),
        (MB, 299, False),
        (0, 10 * DAY_S, False),
    ],
)
def test_what_was_moved_while_nobody_counted_is_told(
    moved_bytes: int, length_s: int, *, is_told: bool
) -> None:
    monitor = Monitor()
    found = monitor.tick(missed(moved_bytes, length_s))
    assert found == ([f"gap {moved_bytes}"] if is_told else [])


def test_a_gap_says_from_when_until_when_and_is_over_after_a_day() -> None:
    monitor = Monitor()
    monitor.tick(missed(18 * MB, 33_660))
    assert monitor.words() == (
        "18.0 MB were moved while esimmon did not run",
        (
            "31 May 14:39 - 1 Jun 00:00 UTC: nobody knows by what. Totals and plans "
            "have these bytes all the same.\nWhat else was missed: esimmon doctor"
        ),
    )
    assert monitor.tick(missed(18 * MB, 33_660), 10) == []  # killed, and found again
    monitor.tick(Seen("ebpf"), DAY_S - 1)
    assert monitor.open == ["gap"]
    monitor.tick(Seen("ebpf"), DAY_S)
    assert monitor.open == []
    assert monitor.tick(missed(18 * MB, 33_660), DAY_S + 1) == []


def test_two_gaps_are_two_alerts() -> None:
    monitor = Monitor()
    assert monitor.tick(missed(2 * MB, 400)) == ["gap 2000000"]
    assert monitor.tick(missed(3 * MB, 500)) == ["gap 3000000"]


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        ("ebpf", "sockdiag", ["tier ebpf:sockdiag"]),
        ("ebpf", "interface", ["tier ebpf:interface"]),
        ("sockdiag", "interface", ["tier sockdiag:interface"]),
        ("sockdiag", "ebpf", []),
        ("sockdiag", "sockdiag", []),
        ("", "interface", []),
        ("a later one", "interface", []),
    ],
)
def test_a_lesser_tier_than_before_is_told(
    before: str, now: str, told: list[str]
) -> None:
    assert Monitor().tick(Seen(now, before)) == told


def test_a_lesser_tier_holds_over_restarts_until_it_is_as_good_again() -> None:
    monitor = Monitor()
    monitor.tick(Seen("sockdiag", "ebpf"))
    assert monitor.words() == (
        "esimmon sees less than before: only TCP by program",
        "Totals and plans are right all the same.\nWhy, and what to do: esimmon doctor",
    )
    assert monitor.tick(Seen("sockdiag", "sockdiag"), 60) == []
    assert monitor.open == ["tier"]
    assert monitor.tick(Seen("interface", "sockdiag"), 120) == ["tier ebpf:interface"]
    assert monitor.open == ["tier"]
    assert monitor.tick(Seen("ebpf", "interface"), 180) == []
    assert monitor.open == []
    assert monitor.tick(Seen("sockdiag", "ebpf"), 240) == ["tier ebpf:sockdiag"]


def test_a_full_disk_is_told_until_there_is_room() -> None:
    monitor = Monitor()
    assert monitor.tick(Seen("ebpf", unwritten=FULL)) == ["store full"]
    assert monitor.words() == (
        "esimmon cannot write its database",
        (
            "/x/usage.db: the disk is full; make room on it.\n"
            "Until then it is in memory, and a power cut loses it."
        ),
    )
    assert monitor.tick(Seen("ebpf", unwritten=FULL), 30) == []
    monitor.tick(Seen("ebpf"), 60)
    assert monitor.open == []


def test_a_disk_that_is_full_now_and_then_is_told_of_once_an_hour() -> None:
    monitor = Monitor()
    told = []
    for at_s in range(0, 7200, 60):
        seen = Seen("ebpf", unwritten=FULL if at_s % 120 == 0 else None)
        told += [at_s for _ in monitor.tick(seen, at_s)]
    assert told == [0, 3600]


def test_a_database_that_is_busy_for_a_moment_is_not_told() -> None:
    monitor = Monitor()
    assert monitor.tick(Seen("ebpf", unwritten=BUSY), 59) == []
    assert monitor.tick(Seen("ebpf", unwritten=BUSY), 60) == ["store busy"]


def test_an_overflow_is_told_once_a_day() -> None:
    monitor = Monitor()
    told = []
    for at_s in range(0, 2 * DAY_S, 600):
        told += [at_s for _ in monitor.tick(Seen("ebpf", overflow="5 rows"), at_s)]
        monitor.tick(Seen("ebpf"), at_s + 10)
    assert told == [0, DAY_S]


def test_what_there_was_no_room_for_is_shown_harmlessly() -> None:
    monitor = Monitor()
    monitor.tick(Seen("ebpf", overflow="\x1b[2J" + "x" * 200))
    _, body = monitor.words()
    assert body.startswith("\\x1b[2Jx")
    assert len(body) < 200


def test_a_database_that_had_to_be_mended_is_told_each_time_and_over_after_a_day() -> (
    None
):
    monitor = Monitor()
    mended = Seen("ebpf", mended="/x/usage.db was damaged (\x1b[2J).")
    assert len(monitor.tick(mended)) == 1
    assert monitor.words() == (
        "esimmon had to mend its database",
        "/x/usage.db was damaged (\\x1b[2J).",
    )
    assert monitor.tick(Seen("ebpf"), 10) == []
    assert len(monitor.tick(mended, 600)) == 1
    assert monitor.open == ["mended", "mended"]
    monitor.tick(Seen("ebpf"), DAY_S + 600)
    assert monitor.open == []
