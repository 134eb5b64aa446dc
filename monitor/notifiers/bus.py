"""The session bus: who shows notifications there, and whether one arrived.

plyer tells nothing of what became of a notification (its notify-send backend never
looks at the exit status). So the bus itself is asked: before, whether a notification
daemon is there and answers; meanwhile, as a monitor of the bus, what that daemon
replied to the call. Every step has a deadline, which libdbus does not offer.
"""

from __future__ import annotations

import time
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from jeepney import (
    DBusAddress,
    HeaderFields,
    MatchRule,
    Message,
    MessageType,
    Parser,
    message_bus,
    new_method_call,
)
from jeepney.bus import get_bus
from jeepney.io.blocking import prep_socket

from monitor.errors import NotShownError

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

_NAME: Final = "org.freedesktop.Notifications"
_SERVER: Final = DBusAddress(
    "/org/freedesktop/Notifications", bus_name=_NAME, interface=_NAME
)
_MONITORING: Final = DBusAddress(
    "/org/freedesktop/DBus",
    bus_name="org.freedesktop.DBus",
    interface="org.freedesktop.DBus.Monitoring",
)
_CONNECT_S: Final = 1.0
_ANSWER_S: Final = 2.0  # also a daemon that the bus has yet to start
_ABSENT: Final = (
    "org.freedesktop.DBus.Error.ServiceUnknown",
    "org.freedesktop.DBus.Error.NameHasNoOwner",
)


class Server(NamedTuple):
    """A notification daemon.

    Attributes:
        name: and version, as it says itself; hostile.
        has_markup: whether it reads a body as markup.
    """

    name: str
    has_markup: bool


class CallError(Exception):
    """The other side answered with an error.

    Attributes:
        name: of the error.
    """

    def __init__(self, name: str, text: str) -> None:
        """Keep name and words of the error."""
        super().__init__(f"{name}: {text}")
        self.name = name


class Bus:
    """A connection on which nothing waits for ever."""

    def __init__(self, link: socket.socket) -> None:
        """Say hello on an authenticated connection.

        Raises:
            OSError: no answer, or the bus is gone.
            CallError: the bus refuses.
        """
        self._link = link
        self._parser = Parser()
        self._serial = 0
        (self.unique_name,) = self.call(message_bus.Hello(), _CONNECT_S)

    def call(self, message: Message, timeout_s: float = _ANSWER_S) -> tuple[Any, ...]:
        """Call a method.

        Args:
            message: the call.
            timeout_s: how long to wait for the reply.

        Returns:
            The values of the reply.

        Raises:
            TimeoutError: there was none.
            OSError: the bus is gone.
            CallError: it was an error.
        """
        self._serial += 1
        end_s = time.monotonic() + timeout_s
        self._link.settimeout(timeout_s)
        self._link.sendall(message.serialise(serial=self._serial))
        while True:
            reply = self.receive(end_s)
            if reply.header.fields.get(HeaderFields.reply_serial) == self._serial:
                break
        if reply.header.message_type is MessageType.error:
            raise _error_of(reply)
        return tuple(reply.body)

    def receive(self, end_s: float) -> Message:
        """The next message.

        Args:
            end_s: instant of `time.monotonic` until which to wait.

        Raises:
            TimeoutError: none came.
            OSError: the bus is gone.
        """
        while (message := self._parser.get_next_message()) is None:
            left_s = end_s - time.monotonic()
            if left_s <= 0:
                raise TimeoutError("no answer")
            self._link.settimeout(left_s)
            received = self._link.recv(4096)
            if not received:
                raise ConnectionResetError("the bus closed the connection")
            self._parser.add_data(received)
        return message


def _error_of(reply: Message) -> CallError:
    text = reply.body[0] if reply.body and isinstance(reply.body[0], str) else ""
    return CallError(reply.header.fields.get(HeaderFields.error_name, ""), text)


@contextmanager
def connected(address: str) -> Iterator[Bus]:
    """Connect to a bus.

    Args:
        address: as in DBUS_SESSION_BUS_ADDRESS.

    Raises:
        NotShownError: nobody answers there in time, or refuses this user.
    """
    try:
        link = prep_socket(get_bus(address), timeout=_CONNECT_S)
    except (OSError, RuntimeError, ValueError) as error:
        raise NotShownError(f"the session bus {address}: {error}") from error
    with closing(link):
        try:
            bus = Bus(link)
        except (OSError, CallError) as error:
            raise NotShownError(f"the session bus {address}: {error}") from error
        yield bus


def find_server(bus: Bus) -> Server:
    """The notification daemon of this desktop; the bus starts it if it can.

    Raises:
        NotShownError: there is none, or it does not answer.
    """
    try:
        info = bus.call(new_method_call(_SERVER, "GetServerInformation"))
        (capabilities,) = bus.call(new_method_call(_SERVER, "GetCapabilities"))
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
    return Server(f"{name} {version}", "body-markup" in capabilities)


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
            MatchRule(type="method_call", interface=_NAME, member="Notify"),
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
                raise _error_of(seen)
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
            (server_name,) = bus.call(message_bus.GetNameOwner(_NAME))
            watching = Witness(bus, server_name)
        yield watching
