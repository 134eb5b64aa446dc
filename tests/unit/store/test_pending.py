"""What waits for a flush: sums by slot, never samples; bounded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.store import pending
from monitor.store.batch import OTHER, RemoteHour
from monitor.store.pending import Pending
from monitor.usage import (
    Application,
    Attachment,
    Bill,
    BootInterval,
    Interval,
    Owner,
    Process,
    Share,
    Traffic,
)

if TYPE_CHECKING:
    import pytest

WWAN0 = Attachment("if:wwan0", "wwan0", billed=True)
CURL = Application("curl", "executable", "/usr/bin/curl")
PROCESS = Process(Owner(1, 2, 3), "curl", "/usr/bin/curl", (), 1000, 1, "/")
HOUR_OF = (WWAN0, CURL, PROCESS)
MOVED = Traffic(1000, 100, 10, 1)


def test_a_tick_over_a_slot_mark_is_cut_there() -> None:
    """Exact integer sums on both sides."""
    waiting = Pending()
    waiting.add_bill(Interval(595, 605), WWAN0, Bill(MOVED, Traffic(860, 86, 10, 1)))
    pieces = {key[0]: bill.counter for key, bill in waiting.batch.bill.items()}
    assert pieces == {
        Interval(595, 600): Traffic(500, 50, 5, 0),
        Interval(600, 605): Traffic(500, 50, 5, 1),
    }


def test_what_comes_twice_for_one_owner_is_summed() -> None:
    """Rows are sums, so that memory does not grow with ticks."""
    waiting = Pending()
    for _ in range(2):
        waiting.add_share(Interval(10, 20), WWAN0, Share(CURL), MOVED)
    assert list(waiting.batch.explanation.values()) == [MOVED + MOVED]


def test_that_nothing_moved_is_a_row_of_the_bill_and_none_of_the_explanation() -> None:
    """The interface was watched; nobody needs to own nothing."""
    waiting = Pending()
    waiting.add_bill(Interval(0, 10), WWAN0, Bill(Traffic(), Traffic()))
    waiting.add_share(Interval(0, 10), WWAN0, Share(CURL), Traffic())
    assert list(waiting.batch.bill) == [(Interval(0, 10), WWAN0)]
    assert not waiting.batch.explanation


def test_a_slot_without_a_whole_byte_makes_no_row() -> None:
    """Three bytes in a gap of hours are not a row for each five minutes of it."""
    waiting = Pending()
    few = Traffic(3, 0, 1, 0)
    waiting.add_bill(Interval(0, 36_000), WWAN0, Bill(few, few))
    assert len(waiting.batch.bill) <= 3


def test_a_process_is_kept_by_the_hour_with_its_first_and_last_second() -> None:
    """And under the name that it had last."""
    waiting = Pending()
    waiting.add_process(Interval(3590, 3595), HOUR_OF, "curl", MOVED)
    waiting.add_process(Interval(3595, 3605), HOUR_OF, "renamed", MOVED)
    rows = {key.hour_s: row for key, row in waiting.batch.processes.items()}
    assert rows[0].interval == Interval(3590, 3600)
    assert rows[0].comm == "renamed"
    assert rows[0].traffic + rows[3600].traffic == MOVED + MOVED


def test_usage_without_calendar_time_waits_by_boot_time() -> None:
    """Bill and share; single processes are not kept then."""
    waiting = Pending()
    when = BootInterval(5, 9)
    waiting.add_bill(when, WWAN0, Bill(MOVED, MOVED))
    waiting.add_share(when, WWAN0, Share(CURL), MOVED)
    waiting.add_process(when, HOUR_OF, "curl", MOVED)
    assert [row.share for row in waiting.batch.unplaced] == [None, Share(CURL)]
    assert not waiting.batch.processes


def test_beyond_the_bound_details_are_left_out_and_that_is_said_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The bill is never left out."""
    monkeypatch.setattr(pending, "MOST_SHARES", 2)
    waiting = Pending()
    for uid in range(5):
        waiting.add_share(Interval(0, 10), WWAN0, Share(CURL, uid=uid), MOVED)
        waiting.add_bill(Interval(uid, uid + 1), WWAN0, Bill(MOVED, MOVED))
    assert len(waiting.batch.explanation) == 2
    assert len(waiting.batch.bill) == 5
    assert [event.kind for event in waiting.batch.events] == ["overflow"]


def test_a_row_that_is_already_there_grows_beyond_the_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It takes no more room."""
    monkeypatch.setattr(pending, "MOST_SHARES", 1)
    waiting = Pending()
    for _ in range(3):
        waiting.add_share(Interval(0, 10), WWAN0, Share(CURL), MOVED)
    assert list(waiting.batch.explanation.values()) == [MOVED + MOVED + MOVED]


def test_beyond_the_bound_networks_of_a_program_are_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It cannot take the room of another one; its own networks still grow."""
    monkeypatch.setattr(pending, "MOST_NETWORKS", 2)
    waiting = Pending()
    for remote in ("a", "b", "c", "d", "a"):
        waiting.add_remote(7205, CURL, remote, (10, 1))
    other = Application("other", "executable")
    waiting.add_remote(7205, other, "c", (5, 5))
    found = {(key.application, key.remote): moved for key, moved in _remotes(waiting)}
    assert found == {
        (CURL, "a"): (20, 2),
        (CURL, "b"): (10, 1),
        (CURL, OTHER): (20, 2),
        (other, "c"): (5, 5),
    }
    assert {key.hour_s for key, _ in _remotes(waiting)} == {7200}


def _remotes(waiting: Pending) -> list[tuple[RemoteHour, tuple[int, int]]]:
    return list(waiting.batch.remotes.items())


def test_networks_of_many_programs_are_bounded_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """First each further program has one row only, then that is left out and said."""
    monkeypatch.setattr(pending, "MOST_REMOTES", 3)
    waiting = Pending()
    for uid in range(9):
        for remote in ("a", "b"):
            application = Application(f"program-{uid}", "executable")
            waiting.add_remote(0, application, remote, (1, 1))
    rows = [(key.application.name, key.remote) for key, _ in _remotes(waiting)]
    assert rows == [
        ("program-0", "a"),
        ("program-0", "b"),
        ("program-1", "a"),
        *((f"program-{uid}", OTHER) for uid in (1, 2, 3)),
    ]
    assert [event.kind for event in waiting.batch.events] == ["overflow"]


def test_after_a_commit_a_new_batch_goes_on_with_the_same_map() -> None:
    """Its rows are differences to the checkpoint just written."""
    waiting = Pending()
    waiting.batch.sockets_instance = "abc"
    waiting.add_share(Interval(0, 10), WWAN0, Share(CURL), MOVED)
    done = waiting.take()
    assert done.explanation
    assert not waiting.batch.explanation
    assert waiting.batch.sockets_instance == "abc"
