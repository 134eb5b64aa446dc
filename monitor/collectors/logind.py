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

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from monitor.collectors.following import Follower
from monitor.collectors.services import PROPERTIES, Signal, Source, Wanted, Weight

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.dbus import Bus

_NAME: Final = "org.freedesktop.login1"
_PATH: Final = "/org/freedesktop/login1"
_MANAGER: Final = f"{_NAME}.Manager"
_SESSION: Final = f"{_NAME}.Session"
_SOCKET: Final = Path("/run/dbus/system_bus_socket")
_GRAPHICAL: Final = ("x11", "wayland", "mir")
_GONE: Final = (
    "org.freedesktop.DBus.Error.UnknownObject",
    f"{_NAME}.NoSuchSession",
)
_PAUSE_S: Final = 1.0  # any user may set his own session's hints all the time


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


class Logind(Follower[Sessions]):
    """Follows logind in a thread of its own."""

    def __init__(self, address: str, pause_s: float = _PAUSE_S) -> None:
        """Start.

        Args:
            address: of the system bus; it need not be there yet.
            pause_s: see `Follower`.
        """
        super().__init__(_Source(), address, pause_s)


class _Source(Source[Sessions]):
    """Whoever is there may have left while logind hangs: then nobody knows."""

    service = _NAME
    wanted = (
        Wanted(PROPERTIES, f"{_PATH}/session"),
        Wanted(_MANAGER, _PATH),
    )
    unknown = UNKNOWN
    is_patient = False

    def weigh(self, signal: Signal) -> Weight:  # noqa: ARG002 - all that is heard counts
        """Sessions came, went or changed."""
        return Weight.READ

    def read(self, bus: Bus) -> Sessions:
        """All sessions."""
        from jeepney import DBusAddress, new_method_call  # noqa: PLC0415 - 3.5 MB

        from monitor.dbus import CallError, properties  # noqa: PLC0415 - as above

        manager = DBusAddress(_PATH, bus_name=_NAME, interface=_MANAGER)
        (listed,) = bus.call(new_method_call(manager, "ListSessions"))
        found = {}
        for session_id, uid, _, _, path in listed:
            try:
                facts = properties(bus, _NAME, path, _SESSION)
            except CallError as error:
                if error.name in _GONE:
                    continue
                raise
            session = parse(uid, facts)
            if session is not None:
                found[session_id] = session
        return Sessions(found)
