"""Before a sleep all is written down, and then logind may go on; whatever happens."""

from __future__ import annotations

import logging
import selectors
from typing import TYPE_CHECKING

import pytest

from monitor.daemon.sleep import Duties, Sleep
from tests.desktop.stack import session_bus, wait_for
from tests.login1 import Login1

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def login1(tmp_path: Path) -> Iterator[Login1]:
    """The logind of a system bus."""
    with session_bus(tmp_path), Login1(f"unix:path={tmp_path / 'bus'}") as made:
        yield made


@pytest.fixture
def sleep(login1: Login1) -> Iterator[Sleep]:
    """Who follows it."""
    with Sleep({"DBUS_SYSTEM_BUS_ADDRESS": login1.address}) as made:
        yield made


def nothing() -> None:
    """No duty."""


class Loop:
    """The daemon's, with the duties of a test."""

    def __init__(
        self, sleep: Sleep, write_down: Callable[[], object] = nothing
    ) -> None:
        self.awake = 0
        self._selector = selectors.DefaultSelector()
        sleep.watch(self._selector, Duties(write_down, self._woke))

    def _woke(self) -> None:
        self.awake += 1

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Go on until something is so."""

        def turn() -> bool:
            for key, _ in self._selector.select(0.01):
                key.data()
            return condition()

        wait_for(turn, what)


@pytest.mark.needs("dbus-daemon")
def test_the_lock_is_held_while_all_is_written_down_and_not_after(
    login1: Login1, sleep: Sleep
) -> None:
    written: list[list[str]] = []
    loop = Loop(sleep, lambda: written.append(login1.locks()))
    wait_for(lambda: login1.locks() == ["held"], "the lock")
    login1.prepare(is_near=True)
    loop.until(lambda: login1.locks() == ["free"], "the lock to be let go")
    assert (written, loop.awake) == ([["held"]], 0)
    login1.prepare(is_near=False)
    loop.until(lambda: login1.locks() == ["free", "held"], "the next lock")
    assert (written, loop.awake) == ([["held"]], 1)


@pytest.mark.needs("dbus-daemon")
def test_a_flush_that_fails_holds_no_sleep_up(login1: Login1, sleep: Sleep) -> None:
    def fail() -> None:
        raise OSError("the disk is gone")

    loop = Loop(sleep, fail)
    wait_for(lambda: login1.locks() == ["held"], "the lock")
    login1.prepare(is_near=True)
    with pytest.raises(OSError, match="disk"):
        loop.until(lambda: False, "the fault")
    assert login1.locks() == ["free"]


@pytest.mark.needs("dbus-daemon")
def test_a_refusal_is_said_once_and_what_is_due_is_done(
    login1: Login1, sleep: Sleep, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "esimmon")
    login1.refuses = True
    written: list[None] = []
    loop = Loop(sleep, lambda: written.append(None))
    loop.until(lambda: "Inhibit" in login1.asked, "a question")
    for _ in range(2):
        asked = login1.asked.count("Inhibit")
        login1.prepare(is_near=True)
        login1.prepare(is_near=False)
        loop.until(lambda: login1.asked.count("Inhibit") > asked, "another")  # noqa: B023 - within this turn
    loop.until(lambda: loop.awake == len(written) == 2, "the mornings")
    (said,) = caplog.messages
    assert said.startswith("logind does not wait before a sleep: ")


@pytest.mark.needs("dbus-daemon")
def test_a_daemon_that_ends_holds_no_sleep_up(login1: Login1, sleep: Sleep) -> None:
    wait_for(lambda: login1.locks() == ["held"], "the lock")
    sleep.release()
    assert login1.locks() == ["free"]


def test_without_a_bus_nothing_is_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.daemon.sleep.find_bus", lambda _: None)
    with selectors.DefaultSelector() as selector, Sleep({}) as sleep:
        sleep.watch(selector, Duties(nothing, nothing))
        assert not selector.get_map()
        sleep.release()
