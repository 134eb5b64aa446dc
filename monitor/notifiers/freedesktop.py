"""Notifications by the bus itself: urgency, progress, buttons, one in another's place.

The way of the Desktop Notifications Specification, and the first one on a desktop; see
`desktop` for the other. A newer notification about a subject takes the place of the
older by its number, as long as it is the same notification daemon that gave it. After a
restart of this program dunst alone still knows which it was, by its stack tag: the hint
`x-canonical-private-synchronous` is for volume bars, and some desktops show what has it
as one.

There is no hint `desktop-entry`: none is installed, and GNOME takes the notifications
of an entry away when the connection that made them ends.

The connection that asked a question stays open, in a thread of its own, until a button
is clicked or the notification is closed: desktops drop the buttons of a program that
has gone.
"""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Final

from jeepney import HeaderFields, MatchRule, message_bus, new_method_call

from monitor.errors import NotShownError
from monitor.escapes import visible
from monitor.notifiers import bus as session
from monitor.notifiers.manners import (
    Urgency,
    manner_of,
    place_of,
    urgency_of,
)
from monitor.notifiers.wording import body_of, title_of

if TYPE_CHECKING:
    from jeepney import Message

    from monitor.notifiers.notice import Notice, Question

ICON: Final = "network-cellular-symbolic"  # of the freedesktop icon themes

_SHOWN_S: Final = 300.0
"""What hangs shows it when it goes on: asked again before, it would show it twice. But
one that never answers must not keep the next alert away for ever."""
_MOST_OPEN: Final = 8
_MOST_PLACES: Final = 200
_LAST_WORD_S: Final = 1.0  # a click may be told after the notification is closed
_FOR_EVER: Final = 0  # expire_timeout: as plyer's notify-send has it
_AS_USUAL: Final = -1  # there
_CATEGORY: Final = "network"
_ALL_PCT: Final = 100


class RefusedError(NotShownError):
    """The notification daemon does not take it like this.

    Attributes:
        server: which.
    """

    def __init__(self, server: session.Server, why: str) -> None:
        """Keep who refused."""
        super().__init__(f"{visible(server.name)}: {why}")
        self.server = server


class Freedesktop:
    """Shows notifications by a session bus, and remembers which is where."""

    def __init__(self) -> None:
        """Prepare; nothing is asked before there is something to show."""
        self._lock = threading.Lock()
        self._numbers: dict[tuple[str, str], int] = {}
        self._waiting: dict[tuple[str, int], session.Bus] = {}

    def show(self, address: str, notice: Notice) -> str:
        """Show a notification, and say by what it was shown.

        A question waits for a click in a thread of its own, and holds nobody up. A
        notification daemon that hangs does: see `courier.Patience`.

        Args:
            address: of the session bus.
            notice: the texts; its buttons are left out where there can be none.

        Returns:
            The notification daemon, such as "dunst 1.9.0".

        Raises:
            RefusedError: it was refused, so that another way may work.
            NotShownError: nobody saw it; says why.
        """
        with ExitStack() as parts:
            bus = parts.enter_context(session.connected(address))
            server = session.find_server(bus)
            try:
                # By its unique name: nobody else can click in its place, and its
                # numbers mean nothing to the next one.
                (owner,) = bus.call(message_bus.GetNameOwner(session.NAME))
                place = owner, place_of(notice.kind, notice.subject)
                before = self._numbers.get(place, 0)
                question = notice.question if server.has_actions else None
                if not self._has_room(owner, before):
                    question = None
                if question is not None:
                    _listen(bus, owner)
                asked = _call(server, notice, question, before)
                (number,) = bus.call(asked, _SHOWN_S)
            except session.CallError as error:
                raise RefusedError(server, str(error)) from error
            except OSError as error:
                raise NotShownError(f"the notification daemon: {error}") from error
            self._end(owner, before)
            if place[1]:
                self._keep(place, int(number))
            if question is not None:
                self._wait(parts.pop_all(), bus, (owner, int(number)), question)
        return visible(server.name)

    def _has_room(self, owner: str, before: int) -> bool:
        """Whether one more question may be open, in the place of another or not."""
        others = [each for each in self._waiting if each != (owner, before)]
        return len(others) < _MOST_OPEN

    def _keep(self, place: tuple[str, str], number: int) -> None:
        with self._lock:
            self._numbers.pop(place, None)
            self._numbers[place] = number  # the last of them is the newest
            if len(self._numbers) > _MOST_PLACES:
                del self._numbers[next(iter(self._numbers))]

    def _end(self, owner: str, number: int) -> None:
        """Wait no more for a click on what is not on the screen any more."""
        with self._lock:
            bus = self._waiting.pop((owner, number), None)
        if bus is not None:
            bus.break_off()

    def _wait(
        self,
        parts: ExitStack,
        bus: session.Bus,
        shown: tuple[str, int],
        question: Question,
    ) -> None:
        """Hand over the answer, if there will be one, without holding anyone up."""

        def wait() -> None:
            chosen = ""
            with parts, suppress(OSError):
                chosen = _answer(bus, shown[1], question.answers)
            with self._lock:
                if self._waiting.get(shown) is bus:
                    del self._waiting[shown]
            if chosen:
                question.take(chosen)

        with self._lock:
            self._waiting[shown] = bus
        # A daemon thread: a question must not keep the process from ending.
        threading.Thread(target=wait, name="question", daemon=True).start()


def _listen(bus: session.Bus, owner: str) -> None:
    """Hear what the notification daemon says, and when it goes.

    Raises:
        OSError: no answer, or the bus is gone.
        CallError: the bus refuses.
    """
    said = MatchRule(type="signal", sender=owner, interface=session.NAME)
    gone = MatchRule(
        type="signal", sender=message_bus.bus_name, member="NameOwnerChanged"
    )
    gone.add_arg_condition(0, owner)
    for rule in (said, gone):
        bus.call(message_bus.AddMatch(rule))


def _call(
    server: session.Server, notice: Notice, question: Question | None, before: int
) -> Message:
    """The call that shows it, in the place of the notification of that number."""
    answers = () if question is None else question.answers
    buttons = [word for pair in enumerate(answers) for word in _button(*pair)]
    title = title_of(notice.title)
    body = body_of(notice.body, has_markup=server.has_markup)
    is_passing = manner_of(notice.kind).is_passing
    is_brief = is_passing or urgency_of(notice) is Urgency.LOW
    shown = ("esimmon", before, ICON, title, body, buttons, hints_of(notice))
    timeout = _AS_USUAL if is_brief else _FOR_EVER
    return new_method_call(session.SERVER, "Notify", "susssasa{sv}i", (*shown, timeout))


def hints_of(notice: Notice) -> dict[str, tuple[str, object]]:
    """What a notification daemon is told beside the words.

    Args:
        notice: what is shown.

    Returns:
        Type and value by name, as D-Bus has it.
    """
    hints: dict[str, tuple[str, object]] = {
        "urgency": ("y", int(urgency_of(notice))),
        "category": ("s", _CATEGORY),
    }
    if manner_of(notice.kind).is_passing:
        hints["transient"] = ("b", True)
    if notice.percent is not None:
        hints["value"] = ("i", max(0, min(notice.percent, _ALL_PCT)))
    if place := place_of(notice.kind, notice.subject):
        hints["x-dunst-stack-tag"] = ("s", visible(place))
    return hints


def _button(number: int, label: str) -> tuple[str, str]:
    return str(number), visible(label)


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
