"""Whose screens are locked or idle, as logind says, told when it changes.

Unit: for each user, whether all graphical sessions are locked or idle.
Scope: the machine's sessions; greeters and closing ones are left out.
Privilege: none: every user of the system bus may ask.
Cost: a thread that sleeps, with a connection of its own; two calls and one for each
session after a signal, at most once a second.
Since: systemd 211 (LockedHint 230); elogind too.
Source: org.freedesktop.login1(5): Manager and Session objects, IdleHint, LockedHint.

The hints are set by desktops; minimal window managers never do. So a session that is
neither locked nor idle says nothing of a person, and no logind means unknown. That it
is absent, late, hangs or is restarted costs nobody but this thread any time.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from monitor.closing import Closing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.dbus import Bus

_NAME: Final = "org.freedesktop.login1"
_PATH: Final = "/org/freedesktop/login1"
_MANAGER: Final = f"{_NAME}.Manager"
_SESSION: Final = f"{_NAME}.Session"
_PROPERTIES: Final = "org.freedesktop.DBus.Properties"
_SOCKET: Final = Path("/run/dbus/system_bus_socket")
_GRAPHICAL: Final = ("x11", "wayland", "mir")
_GONE: Final = (
    "org.freedesktop.DBus.Error.UnknownObject",
    f"{_NAME}.NoSuchSession",
)
_PAUSE_S: Final = 1.0  # any user may set his own session's hints all the time
_LONGEST_PAUSES: Final = 30


class Session(NamedTuple):
    """One login.

    Attributes:
        uid: whose.
        is_graphical: whether a person looks at windows in it.
        is_away: whether it is locked or idle.
    """

    uid: int
    is_graphical: bool
    is_away: bool


@dataclass(frozen=True, slots=True)
class Sessions:
    """All logins at one time; without any, nothing is known."""

    by_id: Mapping[str, Session] = field(default_factory=dict)

    def is_away(self, uid: int, session_id: str = "") -> bool | None:
        """Whether nobody is at the screens of a user.

        Args:
            uid: the user.
            session_id: look at this session alone, if it is known: somebody at an ssh
                session is there although the screen at home is locked.

        Returns:
            None when nobody knows, as for a session without a screen.
        """
        own = self.by_id.get(session_id)
        if own is not None:
            return own.is_away if own.is_graphical else None
        screens = [
            each.is_away
            for each in self.by_id.values()
            if each.uid == uid and each.is_graphical
        ]
        return all(screens) if screens else None


UNKNOWN: Final = Sessions()


def parse(uid: int, properties: Mapping[str, tuple[str, Any]]) -> Session | None:
    """One session out of its properties.

    Args:
        uid: as the list of sessions has it.
        properties: type and value by name, as D-Bus gives them.

    Returns:
        None for what is no person's, and for one that is about to end.
    """
    facts = {name: value for name, (_, value) in properties.items()}
    if facts.get("Class") != "user" or facts.get("State") == "closing":
        return None
    is_away = bool(facts.get("LockedHint")) or bool(facts.get("IdleHint"))
    return Session(uid, facts.get("Type") in _GRAPHICAL, is_away)


def find_bus(environ: Mapping[str, str], socket: Path = _SOCKET) -> str | None:
    """The address of the system bus.

    Args:
        environ: DBUS_SYSTEM_BUS_ADDRESS.
        socket: where it is if that does not say.

    Returns:
        None on a machine without one.
    """
    given = environ.get("DBUS_SYSTEM_BUS_ADDRESS")
    return given or (f"unix:path={socket}" if socket.is_socket() else None)


class Logind(Closing):
    """Follows logind in a thread of its own.

    Attributes:
        changed: a file descriptor, readable when `take` has something new.
    """

    def __init__(self, address: str, pause_s: float = _PAUSE_S) -> None:
        """Start.

        Args:
            address: of the system bus; it need not be there yet.
            pause_s: least time between two looks, and before the next try after a
                failure; of many in a row each one waits longer, up to 30 times as long.
        """
        self.changed = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._address = address
        self._pause_s = pause_s
        self._sessions = UNKNOWN
        self._bus: Bus | None = None
        self._stop = threading.Event()
        # A daemon thread: what hangs must not keep the process from ending.
        self._thread = threading.Thread(target=self._run, name="logind", daemon=True)
        self._thread.start()

    def take(self) -> Sessions:
        """What is known now; `changed` is silent until that changes again."""
        with suppress(BlockingIOError):
            os.eventfd_read(self.changed)
        return self._sessions

    def close(self, grace_s: float = 1.0) -> None:
        """End the thread.

        Args:
            grace_s: how long to wait for it, in seconds.
        """
        if self._stop.is_set():
            return
        self._stop.set()
        bus = self._bus
        if bus is not None:
            bus.break_off()
        self._thread.join(grace_s)
        if not self._thread.is_alive():
            os.close(self.changed)

    def _publish(self, sessions: Sessions) -> None:
        if sessions != self._sessions:
            self._sessions = sessions
            os.eventfd_write(self.changed, 1)

    def _run(self) -> None:
        from monitor.dbus import connected  # noqa: PLC0415 - jeepney, in this thread

        pauses = 1
        while not self._stop.is_set():
            try:
                with connected(self._address) as bus:
                    self._bus = bus
                    _subscribe(bus)
                    while not self._stop.is_set():
                        self._look(bus)
                        pauses = 1
            except Exception:  # noqa: BLE001, S110 - whatever a bus may send or lack
                pass
            self._bus = None
            self._publish(UNKNOWN)
            self._stop.wait(pauses * self._pause_s)
            pauses = min(2 * pauses, _LONGEST_PAUSES)

    def _look(self, bus: Bus) -> None:
        """Read all sessions, say what is new, and wait for a signal.

        Raises:
            OSError: no answer in time, or the bus is gone.
        """
        bus.has_heard = False
        self._publish(_read(bus))
        self._stop.wait(self._pause_s)
        if not bus.has_heard:
            bus.receive()


def _subscribe(bus: Bus) -> None:
    """Hear of sessions that come, go and change, and of logind itself."""
    from jeepney import MatchRule, message_bus  # noqa: PLC0415 - as above

    named = MatchRule(
        type="signal",
        sender="org.freedesktop.DBus",
        interface="org.freedesktop.DBus",
        member="NameOwnerChanged",
    )
    named.add_arg_condition(0, _NAME)
    changed = MatchRule(
        type="signal",
        sender=_NAME,
        interface=_PROPERTIES,
        member="PropertiesChanged",
        path_namespace=f"{_PATH}/session",
    )
    listed = MatchRule(type="signal", sender=_NAME, interface=_MANAGER, path=_PATH)
    for rule in (named, changed, listed):
        bus.call(message_bus.AddMatch(rule))


def _read(bus: Bus) -> Sessions:
    """All sessions; unknown without logind, which is not started by asking."""
    from jeepney import DBusAddress, message_bus, new_method_call  # noqa: PLC0415

    from monitor.dbus import CallError  # noqa: PLC0415

    (has_owner,) = bus.call(message_bus.NameHasOwner(_NAME))
    if not has_owner:
        return UNKNOWN
    manager = DBusAddress(_PATH, bus_name=_NAME, interface=_MANAGER)
    (listed,) = bus.call(new_method_call(manager, "ListSessions"))
    found = {}
    for session_id, uid, _, _, path in listed:
        asked = DBusAddress(path, bus_name=_NAME, interface=_PROPERTIES)
        try:
            (facts,) = bus.call(new_method_call(asked, "GetAll", "s", (_SESSION,)))
        except CallError as error:
            if error.name in _GONE:
                continue
            raise
        session = parse(uid, facts)
        if session is not None:
            found[session_id] = session
    return Sessions(found)
