"""Notifications with buttons, by the bus itself: plyer knows none.

The connection that asked stays open, in a thread of its own, until a button is clicked
or the notification is closed: desktops drop the buttons of a program that has gone.
"""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from jeepney import HeaderFields, MatchRule, message_bus, new_method_call

from monitor.errors import NotShownError
from monitor.escapes import visible
from monitor.notifiers import bus as session

if TYPE_CHECKING:
    from monitor.notifiers.question import Question

_MOST_OPEN: Final = 8
_LAST_WORD_S: Final = 1.0  # a click may be told after the notification is closed
_FOR_EVER: Final = 0  # expire_timeout: as plyer's notify-send has it

_open = threading.BoundedSemaphore(_MOST_OPEN)


class Look(NamedTuple):
    """What a notification looks like; written as its server wants it.

    Attributes:
        title: one line.
        body: lines.
        icon: name in the icon theme.
    """

    title: str
    body: str
    icon: str


def ask(address: str, look: Look, question: Question) -> None:
    """Show a notification with buttons, and wait for a click without holding anyone up.

    Args:
        address: of the session bus.
        look: title and body.
        question: the buttons.

    Raises:
        NotShownError: nobody saw it; says why.
    """
    if not _open.acquire(blocking=False):
        raise NotShownError("too many notifications wait for a click")
    with ExitStack() as parts:
        parts.callback(_open.release)
        bus = parts.enter_context(session.connected(address))
        try:
            number = _show(bus, look, question)
        except (OSError, session.CallError) as error:
            raise NotShownError(f"the notification daemon: {error}") from error
        waiting = parts.pop_all()
    # A daemon thread: a question must not keep the process from ending.
    threading.Thread(
        target=_wait,
        args=(waiting, bus, number, question),
        name="question",
        daemon=True,
    ).start()


def _show(bus: session.Bus, look: Look, question: Question) -> int:
    """The number of the notification, once it is on the screen.

    Raises:
        OSError: no answer, or the bus is gone.
        CallError: the server refuses.
    """
    # By its unique name: nobody else can click in its place.
    (server,) = bus.call(message_bus.GetNameOwner(session.NAME))
    said = MatchRule(type="signal", sender=server, interface=session.NAME)
    gone = MatchRule(
        type="signal", sender=message_bus.bus_name, member="NameOwnerChanged"
    )
    gone.add_arg_condition(0, server)
    for rule in (said, gone):
        bus.call(message_bus.AddMatch(rule))
    buttons = [word for pair in enumerate(question.answers) for word in _button(*pair)]
    shown: Any = new_method_call(
        session.SERVER,
        "Notify",
        "susssasa{sv}i",
        ("esimmon", 0, look.icon, look.title, look.body, buttons, {}, _FOR_EVER),
    )
    (number,) = bus.call(shown)
    return int(number)


def _button(number: int, label: str) -> tuple[str, str]:
    return str(number), visible(label)


def _wait(parts: ExitStack, bus: session.Bus, number: int, question: Question) -> None:
    """Hand over the answer, if there will be one."""
    chosen = ""
    with parts, suppress(OSError):
        chosen = _answer(bus, number, question.answers)
    if chosen:
        question.take(chosen)


def _answer(bus: session.Bus, number: int, answers: tuple[str, ...]) -> str:
    """The answer that was clicked; empty when the notification daemon has gone.

    Raises:
        OSError: the bus is gone, or the last moment for a click is over.
    """
    end_s: float | None = None
    while True:
        seen = bus.receive(end_s)
        match seen.header.fields.get(HeaderFields.member), *seen.body:
            case "ActionInvoked", int(of), str(key) if of == number:
                is_known = key.isdecimal() and int(key) < len(answers)
                return answers[int(key)] if is_known else ""
            case "NotificationClosed", int(of), _ if of == number:
                end_s = time.monotonic() + _LAST_WORD_S
            case "NameOwnerChanged", *_:
                return ""
            case _:  # of somebody else's notification
                pass
