"""Locks that delay a sleep, from a logind that comes, goes, hangs and refuses."""

from __future__ import annotations

import select
import subprocess
from pathlib import Path

import pytest

from monitor.collectors.sleeping import Grace, Sleeping
from tests.desktop.stack import session_bus, started, wait_for
from tests.login1 import Login1

QUICK_S = 0.05

pytestmark = pytest.mark.needs("dbus-daemon")


def until(login1: Login1, *locks: str) -> None:
    """Wait until logind has given as many locks, and these are held."""
    wait_for(lambda: login1.locks() == [*locks], f"locks: {locks}")


def edge(sleeping: Sleeping) -> bool:
    """Wait for the next edge; there is only one."""
    (found,) = wait_for(lambda: sleeping.take()[0], "an edge")
    return bool(found)


def test_a_sleep_waits_until_all_is_written_down_and_so_does_the_next(
    address: str,
) -> None:
    with Login1(address) as login1, Sleeping(address, QUICK_S) as sleeping:
        until(login1, "held")
        for _ in range(2):
            locks = login1.locks()
            login1.prepare(is_near=True)
            assert select.select([sleeping.changed], [], [], 10)[0]
            assert edge(sleeping) is True
            assert login1.locks() == locks
            sleeping.let_go()
            locks[-1] = "free"
            assert login1.locks() == locks
            login1.prepare(is_near=False)
            assert edge(sleeping) is False
            until(login1, *locks, "held")
        assert set(login1.delays) == {
            ("sleep", "esimmon", "write down the last counts", "delay")
        }


def test_who_is_late_does_not_let_go_of_the_lock_of_the_next_sleep(
    address: str,
) -> None:
    with Login1(address) as login1, Sleeping(address, QUICK_S) as sleeping:
        until(login1, "held")
        login1.prepare(is_near=True)
        login1.prepare(is_near=False)
        until(login1, "held", "held")
        assert sleeping.take()[0] == [True, False]
        sleeping.let_go()
        assert login1.locks() == ["free", "held"]


def test_a_lock_that_comes_when_the_sleep_is_near_delays_nothing(address: str) -> None:
    with Login1(address) as login1, Sleeping(address, QUICK_S) as sleeping:
        until(login1, "held")
        login1.prepare(is_near=True)
        assert edge(sleeping) is True
        sleeping.let_go()
        login1.is_hasty = True
        login1.prepare(is_near=False)
        until(login1, "free", "free")
        login1.is_hasty = False
        login1.prepare(is_near=False)
        until(login1, "free", "free", "held")


def test_a_logind_that_is_late_leaves_and_comes_back_waits_again(address: str) -> None:
    with Sleeping(address, QUICK_S) as sleeping:
        for _ in range(2):
            with Login1(address) as login1:
                until(login1, "held")
                login1.prepare(is_near=True)
                assert edge(sleeping) is True
            wait_for(lambda: sleeping.take()[1] == Grace(), "logind to leave")


def test_a_bus_that_starts_anew_is_followed_and_old_locks_are_closed(
    tmp_path: Path,
) -> None:
    address = f"unix:path={tmp_path / 'bus'}"
    with Sleeping(address, QUICK_S) as sleeping:
        for _ in range(2):
            (tmp_path / "bus").unlink(missing_ok=True)
            with session_bus(tmp_path), Login1(address) as login1:
                until(login1, "held")
            wait_for(lambda: sleeping.take()[1] == Grace(), "the bus to end")


def test_who_may_not_delay_a_sleep_hears_of_it_all_the_same(address: str) -> None:
    with Login1(address) as login1, Sleeping(address, QUICK_S) as sleeping:
        login1.refuses = True
        wait_for(lambda: "nobody may" in sleeping.take()[1].refusal, "the refusal")
        login1.prepare(is_near=True)
        assert edge(sleeping) is True
        sleeping.let_go()
        login1.refuses = False
        login1.prepare(is_near=False)
        until(login1, "held")
        wait_for(lambda: sleeping.take()[1] == Grace(is_given=True), "the lock")


def test_nothing_waits_for_a_logind_that_hangs(address: str) -> None:
    with Login1(address) as login1:
        login1.hangs = True
        with Sleeping(address, QUICK_S) as sleeping:
            wait_for(lambda: "Inhibit" in login1.asked, "a question")
            login1.prepare(is_near=True)
            assert edge(sleeping) is True
            sleeping.let_go()
            login1.hangs = False
            login1.prepare(is_near=False)
            wait_for(lambda: login1.locks() == ["held"], "a lock once it answers")


def test_a_lock_is_held_by_no_other_program_and_not_after_the_end(
    address: str,
) -> None:
    with Login1(address) as login1, Sleeping(address, QUICK_S) as sleeping:
        until(login1, "held")
        with started(["sleep", "60"], close_fds=False, stdout=subprocess.DEVNULL):
            sleeping.release()
            assert login1.locks() == ["free"]
        login1.prepare(is_near=False)
        assert edge(sleeping) is False
        assert login1.locks() == ["free"]


def test_descriptors_that_nobody_asked_for_are_closed(address: str) -> None:
    with Login1(address) as login1, Sleeping(address, QUICK_S) as sleeping:
        until(login1, "held")
        for _ in range(3):
            login1.give()
        until(login1, "held", "free", "free", "free")
        login1.prepare(is_near=True)
        assert edge(sleeping) is True


def open_files() -> int:
    """How many descriptors this process has."""
    return len(list(Path("/proc/self/fd").iterdir()))


def test_the_end_of_the_thread_closes_all_it_had(address: str) -> None:
    with Login1(address) as login1:
        before = open_files()
        with Sleeping(address, QUICK_S) as sleeping:
            until(login1, "held")
        sleeping.close()  # a second time does nothing
        assert login1.locks() == ["free"]
        assert open_files() == before + 1  # the other end of that pipe


def test_without_a_bus_nobody_waits_and_nothing_happens(tmp_path: Path) -> None:
    for address in (f"unix:path={tmp_path / 'nothing'}", "nonsense"):
        with Sleeping(address, QUICK_S) as sleeping:
            assert sleeping.take() == ([], Grace())
