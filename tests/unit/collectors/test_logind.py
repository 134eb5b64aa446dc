"""Locked and idle screens, from a logind that comes, goes, hangs and lies."""

from __future__ import annotations

import select
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from monitor.collectors.logind import (
    UNKNOWN,
    Logind,
    Session,
    Sessions,
    find_bus,
    parse,
)
from tests.desktop.stack import session_bus, wait_for
from tests.login1 import Login1

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

QUICK_S = 0.05


@contextmanager
def following(address: str) -> Iterator[Logind]:
    """Follow the logind of a bus, in a hurry."""
    with Logind(address, QUICK_S) as logind:
        yield logind


def until(logind: Logind, away: bool | None, uid: int = 1000) -> None:  # noqa: FBT001 - what is expected
    """Wait until that is known of a user."""
    wait_for(lambda: logind.take().is_away(uid) is away, f"{uid} to be {away}")


@pytest.mark.needs("dbus-daemon")
def test_locking_and_idling_are_told_when_they_happen(address: str) -> None:
    with Login1(address) as login1, following(address) as logind:
        login1.add("1")
        until(logind, away=False)
        login1.set("1", LockedHint=True)
        assert select.select([logind.changed], [], [], 10)[0]
        until(logind, away=True)
        login1.set("1", LockedHint=False)
        until(logind, away=False)
        login1.set("1", IdleHint=True)
        until(logind, away=True)
        login1.remove("1")
        until(logind, away=None)


@pytest.mark.needs("dbus-daemon")
def test_a_change_that_changes_nothing_wakes_nobody(address: str) -> None:
    with Login1(address) as login1, following(address) as logind:
        login1.add("1", LockedHint=True)
        until(logind, away=True)
        login1.set("1", IdleHint=True)
        login1.add("2", 1001)
        until(logind, away=False, uid=1001)
        assert not select.select([logind.changed], [], [], 0)[0]


@pytest.mark.needs("dbus-daemon")
def test_a_logind_that_is_late_leaves_and_comes_back_is_followed(address: str) -> None:
    with following(address) as logind:
        for _ in range(2):
            with Login1(address) as login1:
                login1.add("1", LockedHint=True)
                until(logind, away=True)
            until(logind, away=None)


@pytest.mark.needs("dbus-daemon")
def test_a_bus_that_is_late_and_starts_anew_is_followed(tmp_path: Path) -> None:
    address = f"unix:path={tmp_path / 'bus'}"
    with following(address) as logind:
        for _ in range(2):
            (tmp_path / "bus").unlink(missing_ok=True)
            with session_bus(tmp_path), Login1(address) as login1:
                login1.add("1", IdleHint=True)
                until(logind, away=True)
            until(logind, away=None)


@pytest.mark.needs("dbus-daemon")
def test_a_logind_that_hangs_is_unknown_until_it_answers_again(address: str) -> None:
    with Login1(address) as login1, following(address) as logind:
        login1.add("1", LockedHint=True)
        until(logind, away=True)
        login1.hangs = True
        login1.set("1", LockedHint=False)
        until(logind, away=None)
        login1.hangs = False
        until(logind, away=False)


@pytest.mark.needs("dbus-daemon")
def test_the_thread_ends_while_logind_hangs(address: str) -> None:
    with Login1(address) as login1:
        login1.hangs = True
        login1.add("1")
        with following(address) as logind:
            wait_for(lambda: "ListSessions" in login1.asked, "a question")
        assert not logind._thread.is_alive()
        logind.close()  # a second time does nothing


@pytest.mark.needs("dbus-daemon")
def test_a_session_that_ends_between_two_calls_is_left_out(address: str) -> None:
    with Login1(address) as login1, following(address) as logind:
        login1.ended = ["2"]
        login1.add("1", LockedHint=True)
        until(logind, away=True)


@pytest.mark.needs("dbus-daemon")
@pytest.mark.parametrize(
    "facts", [{"Class": True}, {"LockedHint": "yes"}, {"Type": ""}]
)
def test_senseless_facts_do_not_end_the_thread(
    address: str, facts: dict[str, Any]
) -> None:
    with Login1(address) as login1, following(address) as logind:
        login1.add("1", **facts)
        login1.add("2", 1001, LockedHint=True)
        until(logind, away=True, uid=1001)


def test_without_a_bus_nothing_is_known(tmp_path: Path) -> None:
    with following(f"unix:path={tmp_path / 'nothing'}") as logind:
        assert logind.take() == UNKNOWN
    with following("nonsense") as logind:
        assert logind.take() == UNKNOWN


def facts(**changed: bool | str) -> dict[str, tuple[str, bool | str]]:
    """Properties of a session as D-Bus gives them."""
    usual: dict[str, bool | str] = {
        "Class": "user",
        "Type": "x11",
        "State": "active",
        "IdleHint": False,
        "LockedHint": False,
    }
    return {name: ("v", value) for name, value in (usual | changed).items()}


def test_greeters_and_closing_sessions_are_nobodys() -> None:
    assert parse(7, facts()) == Session(7, is_graphical=True, is_away=False)
    assert parse(7, facts(Type="tty")) == Session(7, is_graphical=False, is_away=False)
    assert parse(7, facts(Class="greeter")) is None
    assert parse(7, facts(State="closing")) is None
    assert parse(7, {}) is None


def test_a_user_is_away_when_all_his_screens_are_locked_or_idle() -> None:
    sessions = Sessions(
        {
            "1": Session(1000, is_graphical=True, is_away=True),
            "2": Session(1000, is_graphical=True, is_away=False),
            "3": Session(1001, is_graphical=True, is_away=True),
            "4": Session(1001, is_graphical=False, is_away=False),
            "5": Session(1002, is_graphical=False, is_away=True),
        }
    )
    assert [sessions.is_away(uid) for uid in (1000, 1001, 1002, 1003)] == [
        False,
        True,
        None,
        None,
    ]
    # In one login its own screen counts, and a shell has none.
    assert [sessions.is_away(1000, each) for each in ("1", "2", "9")] == [
        True,
        False,
        False,
    ]
    assert sessions.is_away(1001, "4") is None


def test_the_system_bus_is_where_the_environment_or_its_socket_is(
    tmp_path: Path,
) -> None:
    given = {"DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/x"}
    assert find_bus(given, tmp_path) == "unix:path=/x"
    assert find_bus({}, tmp_path / "bus") is None
