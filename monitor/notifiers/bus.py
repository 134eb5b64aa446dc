"""The session bus: who shows notifications there, and whether one arrived.

plyer tells nothing of what became of a notification (its notify-send backend never
looks at the exit status). So the bus itself is asked: before, whether a notification
daemon is there and answers; meanwhile, as a monitor of the bus, what that daemon
replied to the call. Every step has a deadline, which libdbus does not offer.
"""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from jeepney import (
    DBusAddress,
    HeaderFields,
    MatchRule,
    Message,
    MessageType,
    message_bus,
    new_method_call,
)

from monitor.dbus import Bus, CallError, error_of
from monitor.dbus import connected as dbus_connection
from monitor.errors import NotShownError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "NAME",
    "SERVER",
    "Bus",
    "CallError",
    "Server",
    "Witness",
    "connected",
    "find_server",
    "witness",
]

NAME: Final = "org.freedesktop.Notifications"
SERVER: Final = DBusAddress(
    "/org/freedesktop/Notifications", bus_name=NAME, interface=NAME
)
_MONITORING: Final = DBusAddress(
    "/org/freedesktop/DBus",
    bus_name="org.freedesktop.DBus",
    interface="org.freedesktop.DBus.Monitoring",
)
_ABSENT: Final = (
    "org.freedesktop.DBus.Error.ServiceUnknown",
    "org.freedesktop.DBus.Error.NameHasNoOwner",
)


class Server(NamedTuple):
    """A notification daemon.

    Attributes:
        name: and version, as it says itself; hostile.
        has_markup: whether it reads a body as markup.
        has_actions: whether it shows buttons.
    """

    name: str
    has_markup: bool
    has_actions: bool


@contextmanager
def connected(address: str) -> Iterator[Bus]:
    """Connect to a bus.

    Args:
        address: as in DBUS_SESSION_BUS_ADDRESS.

    Raises:
        NotShownError: nobody answers there in time, or refuses this user.
    """
    with ExitStack() as parts:
        try:
            bus = parts.enter_context(dbus_connection(address))
        except (OSError, RuntimeError, ValueError, CallError) as error:
            raise NotShownError(f"the session bus {address}: {error}") from error
        yield bus


def find_server(bus: Bus) -> Server:
    """The notification daemon of this desktop; the bus starts it if it can.

    Raises:
        NotShownError: there is none, or it does not answer.
    """
    try:
        info = bus.call(new_method_call(SERVER, "GetServerInformation"))
        (capabilities,) = bus.call(new_method_call(SERVER, "GetCapabilities"))
    except CallError as error:
        if error.name in _ABSENT:
            raise NotShownError(
                "no notification daemon runs on this desktop"
            ) from error
        raise NotShownError(f"the notification daemon: {error}") from error
    except TimeoutError as error:
        raise NotShownError("the notification daemon does not answer") from error
    except OSError as error:
        raise NotShownError(f"the session bus: {error}") from error
    name, _, version, *_ = info
    return Server(
        f"{name} {version}", "body-markup" in capabilities, "actions" in capabilities
    )


class Witness:
    """Sees what a notification daemon replies to the calls of others."""

    def __init__(self, bus: Bus, server_name: str) -> None:
        """Become a monitor of the bus: this connection can do nothing else any more.

        Args:
            bus: a connection of its own.
            server_name: unique name of the notification daemon.

        Raises:
            OSError: the bus is gone.
            CallError: the bus does not let this user watch.
        """
        self._bus = bus
        rules = [
            MatchRule(type="method_call", interface=NAME, member="Notify"),
            MatchRule(type="method_return", sender=server_name),
            MatchRule(type="error", sender=server_name),
        ]
        texts = [rule.serialise() for rule in rules]
        become = new_method_call(_MONITORING, "BecomeMonitor", "asu", (texts, 0))
        bus.call(become)

    def number_of(self, title: str, within_s: float) -> int:
        """The number that the daemon gave to a notification with this title.

        Args:
            title: as it was handed over.
            within_s: how long to wait for call and reply.

        Raises:
            TimeoutError: no such call, or no reply to it, was seen.
            OSError: the bus is gone.
            CallError: the daemon replied with an error.
        """
        end_s = time.monotonic() + within_s
        asked: tuple[str, int] | None = None
        while True:
            seen = self._bus.receive(end_s)
            fields = seen.header.fields
            if seen.header.message_type is MessageType.method_call:
                if _summary(seen) == title:
                    asked = (fields[HeaderFields.sender], seen.header.serial)
                continue
            reply_to = fields.get(HeaderFields.reply_serial)
            if (fields.get(HeaderFields.destination), reply_to) != asked:
                continue
            if seen.header.message_type is MessageType.error:
                raise error_of(seen)
            return int(seen.body[0])


_SUMMARY: Final = 3  # app_name, replaces_id, app_icon, summary, ...


def _summary(call: Message) -> object:
    return call.body[_SUMMARY] if len(call.body) > _SUMMARY else None


@contextmanager
def witness(address: str) -> Iterator[Witness | None]:
    """Watch what becomes of notifications; None where the bus does not allow it.

    Args:
        address: of the session bus.
    """
    with connected(address) as bus:
        watching = None
        with suppress(OSError, CallError):
            (server_name,) = bus.call(message_bus.GetNameOwner(NAME))
            watching = Witness(bus, server_name)
        yield watching
