"""A logind of our own on a private bus: it says what a test wants, or nothing at all.

python-dbusmock has one as well, but needs dbus-python and PyGObject, which are no
wheels: a hundred lines on jeepney, which is here anyway, speak the same real D-Bus to a
real dbus-daemon, and can hang.
"""

from __future__ import annotations

import os
import select
import threading
from typing import TYPE_CHECKING, Any, Self

from jeepney import (
    DBusAddress,
    HeaderFields,
    MessageType,
    message_bus,
    new_error,
    new_method_return,
    new_signal,
)
from jeepney.io.blocking import open_dbus_connection

if TYPE_CHECKING:
    from jeepney import Message

NAME = "org.freedesktop.login1"
PATH = "/org/freedesktop/login1"
_TYPES = {bool: "b", str: "s"}
_DENIED = "org.freedesktop.DBus.Error.AccessDenied"
_UNKNOWN_OBJECT = "org.freedesktop.DBus.Error.UnknownObject"


class Login1:
    """The service; use it with `with`, or `close` it.

    Attributes:
        address: of the bus.
        hangs: whether it reads, but answers nothing.
        asked: names of all calls so far.
        ended: sessions that are listed, and gone when they are asked for.
        refuses: whether nobody may delay a sleep.
        is_hasty: whether a sleep begins while somebody asks to delay it.
        delays: who asked for a lock, why, and of which kind.
    """

    def __init__(self, address: str) -> None:
        """Take the name on a bus."""
        self.address = address
        self._link = open_dbus_connection(address, enable_fds=True)
        self._sending = threading.Lock()
        self._sessions: dict[str, tuple[int, dict[str, bool | str]]] = {}
        self.hangs = False
        self.asked: list[str] = []
        self.ended: list[str] = []
        self.refuses = self.is_hasty = False
        self.delays: list[tuple[str, ...]] = []
        self._locks: list[int] = []
        (result,) = self._link.send_and_get_reply(message_bus.RequestName(NAME)).body
        assert result == 1
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave the bus."""
        self._link.sock.shutdown(2)
        self._thread.join()
        self._link.close()
        while self._locks:
            os.close(self._locks.pop())

    def add(self, session: str, uid: int = 1000, **facts: bool | str) -> None:
        """Somebody logs in, by default at a Wayland desktop."""
        usual = {"Class": "user", "Type": "wayland", "State": "active"}
        hints = {"IdleHint": False, "LockedHint": False}
        self._sessions[session] = uid, usual | hints | facts
        self._say("Manager", PATH, "SessionNew", "so", (session, _path(session)))

    def remove(self, session: str) -> None:
        """He logs out."""
        del self._sessions[session]
        self._say("Manager", PATH, "SessionRemoved", "so", (session, _path(session)))

    def prepare(self, *, is_near: bool) -> None:
        """The machine is about to sleep, or awake again."""
        self._say("Manager", PATH, "PrepareForSleep", "b", (is_near,))

    def locks(self) -> list[str]:
        """For each lock that was given, whether it is still `held`, or `free`."""
        gone = select.poll()
        for lock in self._locks:
            gone.register(lock, 0)
        ended = {lock for lock, _ in gone.poll(0)}
        return ["free" if lock in ended else "held" for lock in self._locks]

    def give(self) -> None:
        """Send a descriptor that nobody asked for."""
        theirs = self._new_lock()
        self._say("Manager", PATH, "PrepareForShutdown", "h", (theirs,))
        os.close(theirs)

    def _new_lock(self) -> int:
        mine, theirs = os.pipe()
        self._locks.append(mine)
        return theirs

    def set(self, session: str, **facts: bool | str) -> None:
        """Something changes, such as LockedHint."""
        self._sessions[session][1].update(facts)
        changed = {name: _variant(value) for name, value in facts.items()}
        invalidated: list[str] = []
        self._emit(
            "org.freedesktop.DBus.Properties",
            _path(session),
            "PropertiesChanged",
            ("sa{sv}as", (f"{NAME}.Session", changed, invalidated)),
        )

    def _say(
        self, interface: str, path: str, name: str, kind: str, body: tuple[Any, ...]
    ) -> None:
        self._emit(f"{NAME}.{interface}", path, name, (kind, body))

    def _emit(
        self, interface: str, path: str, name: str, content: tuple[str, tuple[Any, ...]]
    ) -> None:
        emitter = DBusAddress(path, interface=interface)
        self._send(new_signal(emitter, name, *content))

    def _send(self, message: Message) -> None:
        with self._sending:
            self._link.send(message)

    def _serve(self) -> None:
        while True:
            try:
                call = self._link.receive()
            except OSError:
                return
            if call.header.message_type is not MessageType.method_call:
                continue
            self.asked.append(call.header.fields[HeaderFields.member])
            if not self.hangs:
                if self.asked[-1] == "Inhibit":
                    self._delay(call)
                else:
                    self._send(self._answer(call))

    def _delay(self, call: Message) -> None:
        if self.is_hasty:
            self.prepare(is_near=True)
        if self.refuses:
            self._send(new_error(call, _DENIED, "s", ("nobody may",)))
            return
        self.delays.append(tuple(call.body))
        theirs = self._new_lock()
        self._send(new_method_return(call, "h", (theirs,)))
        os.close(theirs)

    def _answer(self, call: Message) -> Message:
        if call.header.fields[HeaderFields.member] == "ListSessions":
            listed = [
                (session, uid, f"user{uid}", "seat0", _path(session))
                for session, (uid, _) in self._sessions.items()
            ] + [(session, 1000, "x", "", _path(session)) for session in self.ended]
            return new_method_return(call, "a(susso)", (listed,))
        for session, (_, facts) in self._sessions.items():
            if call.header.fields[HeaderFields.path] == _path(session):
                answer = {name: _variant(value) for name, value in facts.items()}
                return new_method_return(call, "a{sv}", (answer,))
        return new_error(call, _UNKNOWN_OBJECT, "s", ("gone",))


def _path(session: str) -> str:
    return f"{PATH}/session/_3{session}"


def _variant(value: bool | str) -> tuple[str, bool | str]:  # noqa: FBT001 - a property
    return _TYPES[type(value)], value
