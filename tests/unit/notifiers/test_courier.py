"""Telling never waits longer than its deadline, and never holds up the end."""

from __future__ import annotations

import queue
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from monitor.errors import NotShownError
from monitor.notifiers.courier import Courier, Patience
from monitor.notifiers.notice import Notice, Question
from tests.alerting import LIMIT, raised

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.alerts import Delivery


class Screen:
    """Shows what it is told, unless it fails."""

    def __init__(self, failure: Exception | None = None) -> None:
        """Fail always, or never."""
        self.failure = failure
        self.titles: list[str] = []

    def show(self, notice: Notice) -> str:
        """Remember the title."""
        self.titles.append(notice.title)
        if self.failure is not None:
            raise self.failure
        return "a screen"


class Hung:
    """Answers when it is released."""

    def __init__(self) -> None:
        """Hang from the start."""
        self.released = threading.Event()
        self.calls = 0

    def show(self, notice: Notice) -> str:
        """Hang."""
        del notice
        self.calls += 1
        self.released.wait(30)
        return "at last"


@contextmanager
def hung() -> Iterator[Hung]:
    """A notifier that hangs until the end of the block."""
    notifier = Hung()
    try:
        yield notifier
    finally:
        notifier.released.set()


def outcome(courier: Courier) -> list[Delivery]:
    """What became of everything that was told."""
    courier.close()
    return courier.deliveries()


def test_what_was_shown_comes_back_as_a_value() -> None:
    screen = Screen()
    courier = Courier(screen, "desktop")
    courier.tell(raised())
    courier.tell(LIMIT)
    first, second = outcome(courier)
    assert screen.titles == [raised().alert.title, LIMIT.alert.title]
    assert (first.raised, first.way, first.failure) == (raised(), "desktop", "")
    assert second.raised is LIMIT


def test_a_failure_comes_back_with_its_reason() -> None:
    courier = Courier(Screen(NotShownError("no daemon")), "desktop")
    courier.tell(LIMIT)
    (delivery,) = outcome(courier)
    assert delivery.failure == "no daemon"


def test_a_notifier_that_hangs_is_given_up_and_not_called_again_meanwhile() -> None:
    with hung() as notifier:
        patience = Patience(notifier, deadline_s=0.05)
        with pytest.raises(NotShownError, match=r"no answer within 0\.05 s"):
            patience.show(Notice("one", ""))
        with pytest.raises(NotShownError, match="still waits"):
            patience.show(Notice("two", ""))
        assert notifier.calls == 1
        notifier.released.set()
        end_s = time.monotonic() + 5
        while time.monotonic() < end_s:
            try:
                assert patience.show(Notice("three", "")) == "at last"
            except NotShownError:
                time.sleep(0.01)
            else:
                break
    assert notifier.calls == 2


def test_what_was_shown_at_last_is_not_shown_again() -> None:
    with hung() as notifier:
        patience = Patience(notifier, deadline_s=0.05)
        asked = Notice("one", "")
        answers, others = queue.SimpleQueue[str](), queue.SimpleQueue[str]()
        with pytest.raises(NotShownError, match="no answer"):
            patience.show(asked._replace(question=Question(("yes",), answers.put)))
        notifier.released.set()
        assert patience._hung is not None
        patience._hung.join()
        assert patience.show(Notice("two", "")) == "at last"
        again = asked._replace(question=Question(("yes",), others.put))
        assert patience.show(again) == "at last"
        assert notifier.calls == 2
        # The same words of another occasion are shown.
        assert patience.show(again) == "at last"
    assert notifier.calls == 3


def test_whoever_asked_for_it_is_called_when_there_is_an_outcome() -> None:
    called = threading.Event()
    courier = Courier(Screen(), "desktop")
    courier.call = called.set
    courier.tell(LIMIT)
    assert called.wait(10)
    assert [each.raised for each in courier.deliveries()] == [LIMIT]
    courier.close()


def test_a_notifier_that_hangs_does_not_hold_up_the_end() -> None:
    with hung() as notifier:
        courier = Courier(Patience(notifier, deadline_s=20), "desktop")
        courier.tell(LIMIT)
        begun_s = time.monotonic()
        courier.close(grace_s=0.1)
        assert time.monotonic() - begun_s < 1
        assert courier.deliveries() == []


def test_any_other_fault_of_a_notifier_is_a_reason_too() -> None:
    with pytest.raises(NotShownError, match="ZeroDivisionError: oh"):
        Patience(Screen(ZeroDivisionError("oh"))).show(Notice("one", ""))


def test_a_queue_that_is_full_says_so_and_waits_for_nobody() -> None:
    with hung() as notifier:
        courier = Courier(notifier, "desktop")
        for _ in range(40):
            courier.tell(LIMIT)
        failures = {delivery.failure for delivery in courier.deliveries()}
        assert failures == {"too many alerts wait for the desktop"}
        courier.close(grace_s=0.01)
