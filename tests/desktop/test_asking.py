"""A question with buttons on a real desktop, and a click."""

from __future__ import annotations

import queue
import subprocess
import threading
from typing import TYPE_CHECKING

import pytest

from monitor.errors import NotShownError
from monitor.notifiers import asking
from monitor.notifiers.asking import Look, ask
from monitor.notifiers.desktop import Desktop
from monitor.notifiers.question import Question
from tests.desktop.stack import _owns_name, desktop, session_bus, started, wait_for
from tests.mocked import NEEDS, PYTHON

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.desktop.stack import Desktop as Stack

pytestmark = [
    pytest.mark.desktop,
    pytest.mark.needs("Xvfb", "dunst", "dunstctl", "dbus-daemon", "dbus-send"),
]

LOOK = Look("Which plan is it?", "body", "network-cellular-symbolic")


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """A desktop, which this process's environment names."""
    with desktop(tmp_path) as stack:
        address = stack.environ["DBUS_SESSION_BUS_ADDRESS"]
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        yield stack


def questions() -> list[threading.Thread]:
    """Those that wait for a click."""
    return [each for each in threading.enumerate() if each.name == "question"]


def put(stack: Stack, *answers: str) -> queue.SimpleQueue[str]:
    """Ask; what is clicked comes in the queue."""
    clicked: queue.SimpleQueue[str] = queue.SimpleQueue()
    address = stack.environ["DBUS_SESSION_BUS_ADDRESS"]
    ask(address, LOOK, Question(answers, clicked.put))
    return clicked


def test_a_click_gives_the_answer_that_was_on_the_button(stack: Stack) -> None:
    clicked = put(stack, "pk", "cn")
    stack.click("cn")
    assert clicked.get(timeout=10) == "cn"
    wait_for(lambda: not questions(), "the connection to be closed")


def test_a_question_that_is_closed_has_no_answer(stack: Stack) -> None:
    clicked = put(stack, "pk", "cn")
    assert stack.shown() == [(LOOK.title, LOOK.body)]
    wait_for(lambda: not questions(), "the connection to be closed")
    assert clicked.empty()


def test_a_notification_daemon_that_ends_leaves_nobody_waiting(stack: Stack) -> None:
    clicked = put(stack, "pk")
    stack.dunst.kill()
    wait_for(lambda: not questions(), "the connection to be closed")
    assert clicked.empty()


def test_no_more_questions_wait_than_a_person_can_answer(stack: Stack) -> None:
    for _ in range(asking._MOST_OPEN):
        put(stack, "pk")
    with pytest.raises(NotShownError, match="too many"):
        put(stack, "pk")
    stack.shown()
    wait_for(lambda: not questions(), "the connections to be closed")
    clicked = put(stack, "pk")
    stack.click("pk")
    assert clicked.get(timeout=10) == "pk"


def test_without_a_notification_daemon_nobody_is_asked(tmp_path: Path) -> None:
    question = Question(("pk",), lambda _: None)
    with session_bus(tmp_path) as (environ, _):
        address = environ["DBUS_SESSION_BUS_ADDRESS"]
        for _ in range(2 * asking._MOST_OPEN):
            with pytest.raises(NotShownError, match="the notification daemon"):
                ask(address, LOOK, question)
    with pytest.raises(NotShownError, match="the session bus"):
        ask(address, LOOK, question)


def test_a_question_of_hostile_words_is_shown_as_it_is(stack: Stack) -> None:
    clicked: queue.SimpleQueue[str] = queue.SimpleQueue()
    question = Question(("pk",), clicked.put)
    body = 'A <b>bold</b> & "quoted" \\n\x1b[31m\u202e name\n-second'
    shown = Desktop().show("-title\n<i>\x1b", body, question)
    assert shown.startswith("dunst")
    ((title, text),) = stack.shown()
    assert title == "\N{ZERO WIDTH SPACE}-title\\n<i>\\x1b"
    assert text == (
        'A &lt;b&gt;bold&lt;/b&gt; &amp; "quoted" \\n\\x1b[31m\\u202e name\n-second'
    )


@pytest.mark.needs(*NEEDS, "notify-send")
def test_a_desktop_without_buttons_shows_the_words_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What to type is among them."""
    question = Question(("pk",), lambda _: None)
    with session_bus(tmp_path) as (environ, _):
        address = environ["DBUS_SESSION_BUS_ADDRESS"]
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        command = [PYTHON, "-m", "dbusmock", "--session"]
        command += ["--template", "notification_daemon"]
        with started(command, env=environ, stdout=subprocess.DEVNULL):
            wait_for(lambda: _owns_name(environ, None), "the notification daemon")
            shown = Desktop().show("title", "body", question)
    assert shown.startswith("plyer (notify-send), ")
    assert questions() == []


def test_what_is_no_question_is_shown_by_plyer_as_ever(stack: Stack) -> None:
    assert Desktop().show("title", "body").startswith("plyer (")
    assert questions() == []
    assert stack.shown() == [("title", "body")]
