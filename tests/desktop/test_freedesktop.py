"""Notifications by the bus on a real desktop: urgency, places, buttons and clicks."""

from __future__ import annotations

import queue
import subprocess
import threading
from typing import TYPE_CHECKING

import pytest

from monitor.alerts.model import DATA_LIMIT, DATA_WARNING, OVERAGE_BLOCK, WIFI_IN_RANGE
from monitor.errors import NotShownError
from monitor.notifiers import freedesktop
from monitor.notifiers.desktop import Desktop
from monitor.notifiers.freedesktop import Freedesktop
from monitor.notifiers.manners import Urgency
from monitor.notifiers.notice import ANSWER, Notice, Question
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

ASKED = Notice("Which plan is it?", "body")


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """A desktop, which this process's environment names."""
    with desktop(tmp_path) as stack:
        address = stack.environ["DBUS_SESSION_BUS_ADDRESS"]
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        yield stack


@pytest.fixture
def way() -> Freedesktop:
    """Nothing was shown by it yet."""
    return Freedesktop()


def questions() -> list[threading.Thread]:
    """Those that wait for a click."""
    return [each for each in threading.enumerate() if each.name == "question"]


def show(stack: Stack, way: Freedesktop, notice: Notice) -> str:
    """Show it there, until the desktop wrote it down: it does so in any order."""
    earlier = len(stack.told(0))
    shown = way.show(stack.environ["DBUS_SESSION_BUS_ADDRESS"], notice)
    stack.told(earlier + 1)
    return shown


def put(
    stack: Stack, way: Freedesktop, *answers: str, notice: Notice = ASKED
) -> queue.SimpleQueue[str]:
    """Ask; what is clicked comes in the queue."""
    clicked: queue.SimpleQueue[str] = queue.SimpleQueue()
    show(stack, way, notice._replace(question=Question(answers, clicked.put)))
    return clicked


def used(percent: int, kind: str = DATA_WARNING, plan: str = "pk") -> Notice:
    """An alert about a quota."""
    return Notice(f"{percent} % used", "body", kind, plan, percent)


def test_what_costs_now_is_critical_and_what_can_wait_is_low(
    stack: Stack, way: Freedesktop
) -> None:
    for kind in (OVERAGE_BLOCK, DATA_WARNING, WIFI_IN_RANGE, ANSWER, "of a later day"):
        show(stack, way, Notice(kind, "body", kind))
    loud = [urgency for urgency, *_ in stack.told(5)]
    assert loud == ["CRITICAL", "NORMAL", "LOW", "NORMAL", "NORMAL"]
    assert {category for *_, category in stack.told(5)} == {"network"}
    assert stack.displayed() == 5


def test_what_a_person_wants_goes_before_how_loud_a_kind_is_by_itself(
    stack: Stack, way: Freedesktop
) -> None:
    wanted = [Urgency.LOW, Urgency.CRITICAL, Urgency.NORMAL]
    for urgency in wanted:
        show(stack, way, Notice(str(urgency), "b", OVERAGE_BLOCK, urgency=urgency))
    assert [loud for loud, *_ in stack.told(3)] == [each.name for each in wanted]


def test_a_newer_alert_takes_the_place_of_the_older_about_the_same_plan(
    stack: Stack, way: Freedesktop
) -> None:
    for percent in (50, 80):
        show(stack, way, used(percent))
    show(stack, way, used(50, plan="cn"))
    assert stack.displayed() == 2
    show(stack, way, used(100, DATA_LIMIT))
    assert stack.displayed() == 2
    told = [(urgency, shown_pct) for urgency, _, shown_pct, *_ in stack.told(4)]
    assert told == [
        ("NORMAL", "50"),
        ("NORMAL", "80"),
        ("NORMAL", "50"),
        ("CRITICAL", "100"),
    ]
    first, second, other, last = (number for _, number, *_ in stack.told(4))
    assert first == second == last != other
    assert {title for title, _ in stack.shown()} == {"50 % used", "100 % used"}


def test_after_a_restart_of_this_program_dunst_still_knows_the_place(
    stack: Stack,
) -> None:
    for percent in (50, 80):
        show(stack, Freedesktop(), used(percent))
    assert stack.displayed() == 1
    stack.told(2)
    assert stack.shown()[-1] == ("80 % used", "body")


def test_what_was_closed_meanwhile_is_shown_anew(
    stack: Stack, way: Freedesktop
) -> None:
    show(stack, way, used(50))
    assert len(stack.shown()) == 1
    show(stack, way, used(80))
    assert stack.displayed() == 1


def test_a_notification_daemon_that_was_restarted_is_not_told_old_numbers(
    stack: Stack, way: Freedesktop, tmp_path: Path
) -> None:
    clicked = put(stack, way, "Snooze", notice=used(50))
    stack.dunst.kill()
    wait_for(lambda: not _owns_name(stack.environ, None), "the bus to see it")
    with pytest.raises(NotShownError, match="no notification daemon runs"):
        show(stack, way, used(80))
    again = ["dunst", "-conf", str(tmp_path / "dunstrc")]
    with started(again, env=stack.environ, stderr=subprocess.DEVNULL):
        wait_for(lambda: _owns_name(stack.environ, None), "dunst")
        put(stack, way, "Snooze", notice=used(95, plan="cn"))
        show(stack, way, used(80))
        assert stack.displayed() == 2
        assert len(stack.shown()) == 2
        wait_for(lambda: not questions(), "the connections to be closed")
    assert clicked.empty()


def test_a_click_answers_what_is_on_the_screen_and_not_what_was_there_before(
    stack: Stack, way: Freedesktop
) -> None:
    before = put(stack, way, "Snooze", notice=used(50))
    now = put(stack, way, "Snooze", notice=used(80))
    wait_for(lambda: len(questions()) == 1, "the first connection to be closed")
    stack.click("Snooze")
    assert now.get(timeout=10) == "Snooze"
    wait_for(lambda: not questions(), "the connection to be closed")
    assert before.empty()


def test_a_click_gives_the_answer_that_was_on_the_button(
    stack: Stack, way: Freedesktop
) -> None:
    clicked = put(stack, way, "pk", "cn")
    stack.click("cn")
    assert clicked.get(timeout=10) == "cn"
    wait_for(lambda: not questions(), "the connection to be closed")


def test_a_question_that_is_closed_has_no_answer(
    stack: Stack, way: Freedesktop
) -> None:
    clicked = put(stack, way, "pk", "cn")
    assert stack.shown() == [(ASKED.title, ASKED.body)]
    wait_for(lambda: not questions(), "the connection to be closed")
    assert clicked.empty()


def test_a_notification_daemon_that_ends_leaves_nobody_waiting(
    stack: Stack, way: Freedesktop
) -> None:
    clicked = put(stack, way, "pk")
    stack.dunst.kill()
    wait_for(lambda: not questions(), "the connection to be closed")
    assert clicked.empty()


def test_beyond_what_a_person_can_answer_the_words_are_shown_alone(
    stack: Stack, way: Freedesktop
) -> None:
    for number in range(freedesktop._MOST_OPEN + 1):  # dunst makes one of twins
        put(stack, way, "pk", notice=Notice(str(number), "body"))
    assert len(questions()) == freedesktop._MOST_OPEN
    assert stack.displayed() == freedesktop._MOST_OPEN + 1
    stack.shown()
    wait_for(lambda: not questions(), "the connections to be closed")
    clicked = put(stack, way, "pk")
    stack.click("pk")
    assert clicked.get(timeout=10) == "pk"


def test_without_a_notification_daemon_nobody_is_asked(
    tmp_path: Path, way: Freedesktop
) -> None:
    asked = ASKED._replace(question=Question(("pk",), lambda _: None))
    with session_bus(tmp_path) as (environ, _):
        address = environ["DBUS_SESSION_BUS_ADDRESS"]
        for _ in range(2 * freedesktop._MOST_OPEN):
            with pytest.raises(NotShownError, match="no notification daemon runs"):
                way.show(address, asked)
    with pytest.raises(NotShownError, match="the session bus"):
        way.show(address, asked)


def test_hostile_words_are_shown_as_they_are(stack: Stack) -> None:
    clicked: queue.SimpleQueue[str] = queue.SimpleQueue()
    body = 'A <b>bold</b> & "quoted" \\n\x1b[31m\u202e name\n-second'
    hostile = Notice("-title\n<i>\x1b", body, DATA_WARNING, "<i>\x1b\n/x", 2**70)
    asked = hostile._replace(question=Question(("<b>pk</b>\x1b",), clicked.put))
    assert Desktop().show(asked).startswith("dunst")
    ((_, _, shown_pct, *_),) = stack.told(1)
    assert shown_pct == "100"
    ((title, text),) = stack.shown()
    assert title == "-title\\n<i>\\x1b"
    assert text == (
        'A &lt;b&gt;bold&lt;/b&gt; &amp; "quoted" \\n\\x1b[31m\\u202e name\n-second'
    )


@pytest.mark.needs(*NEEDS)
def test_a_desktop_without_buttons_shows_the_words_alone(
    tmp_path: Path, way: Freedesktop
) -> None:
    """What to type is among them."""
    asked = ASKED._replace(question=Question(("pk",), lambda _: None))
    with session_bus(tmp_path) as (environ, _):
        command = [PYTHON, "-m", "dbusmock", "--session"]
        command += ["--template", "notification_daemon"]
        with started(command, env=environ, stdout=subprocess.DEVNULL):
            wait_for(lambda: _owns_name(environ, None), "the notification daemon")
            shown = way.show(environ["DBUS_SESSION_BUS_ADDRESS"], asked)
    assert shown == "mock-notify 1.0"
    assert questions() == []


# A notification daemon that takes the words and nothing else, as plyer hands them over.
NARROW = """
import dbus
from dbusmock.templates.notification_daemon import *

class Narrow(dbus.DBusException):
    _dbus_error_name = "org.freedesktop.DBus.Error.InvalidArgs"

def load(mock, parameters):
    mock.AddMethods(MAIN_IFACE, [
        ("GetCapabilities", "", "as", "ret = ['body']"),
        ("GetServerInformation", "", "ssss", "ret = ('Narrow', 'x', '1', '1.2')"),
        ("Notify", "susssasa{sv}i", "u",
         "if 'category' in args[6]: raise dbus.exceptions.DBusException("
         "'no hints', name='org.freedesktop.DBus.Error.InvalidArgs')\\nret = 7"),
    ])
"""


@pytest.mark.needs(*NEEDS, "notify-send")
def test_what_a_notification_daemon_refuses_is_shown_by_plyer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    template = tmp_path / "narrow.py"
    template.write_text(NARROW)
    with session_bus(tmp_path) as (environ, _):
        address = environ["DBUS_SESSION_BUS_ADDRESS"]
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        command = [PYTHON, "-m", "dbusmock", "--session", "--template", str(template)]
        with started(command, env=environ, stdout=subprocess.DEVNULL):
            wait_for(lambda: _owns_name(environ, None), "the notification daemon")
            shown = Desktop().show(used(80))
            monkeypatch.setenv("PATH", str(tmp_path))
            refused = "Narrow 1: .*no hints; .*notify-send"
            with pytest.raises(NotShownError, match=refused):
                Desktop().show(used(80))
    assert shown == "plyer (notify-send), Narrow 1"
