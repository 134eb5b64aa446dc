"""A connection to a D-Bus daemon on which nothing waits for ever.

jeepney's own connection says its first hello without a deadline, and loses signals that
arrive while it waits for a reply: here they are handed over at once. Importing this
loads jeepney (3.5 MB), so it is imported where a bus is needed, and not before.
"""

from __future__ import annotations

import array
import socket
import time
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from jeepney import (
    DBusAddress,
    FileDescriptor,
    HeaderFields,
    Message,
    MessageType,
    NoFDError,
    Parser,
    message_bus,
    new_method_call,
)
from jeepney.bus import get_bus
from jeepney.io.blocking import prep_socket

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_CONNECT_S: Final = 1.0
_READ_BYTES: Final = 4096
_MOST_FDS: Final = 253  # SCM_MAX_FD of linux/net/scm.h
_FDS_BYTES: Final = socket.CMSG_SPACE(_MOST_FDS * array.array("i").itemsize)
# Anybody may send anybody a signal, on the system bus of 32 MB: one of 16 MB took 13 s
# to take apart. All objects of NetworkManager on a large machine are 1 MB.
_LARGEST_BYTES: Final = 65_536
_LARGEST_ANSWER_BYTES: Final = 16_000_000
_HEAD_BYTES: Final = 16  # of a message, which say how long it is
ANSWER_S: Final = 2.0
"""How long to wait for a reply, also of a daemon that the bus has yet to start."""

_PROPERTIES: Final = "org.freedesktop.DBus.Properties"
_OBJECTS: Final = "org.freedesktop.DBus.ObjectManager"
_NO_OWNER: Final = "org.freedesktop.DBus.Error.NameHasNoOwner"


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
    """A connection.

    Attributes:
        unique_name: its own address on the bus.
        on_signal: called with each signal that comes while a reply is waited for.
    """

    def __init__(self, link: socket.socket, *, takes_fds: bool = False) -> None:
        """Say hello on an authenticated connection.

        Args:
            link: the connection.
            takes_fds: whether the bus was told that descriptors may come. One that
                came with a message is closed when the next one is received, unless
                it was taken by then (`to_raw_fd`).

        Raises:
            OSError: no answer, or the bus is gone.
            CallError: the bus refuses.
        """
        self._link = link
        self._parser = Parser()
        self._serial = 0
        self._takes_fds = takes_fds
        self._came: list[FileDescriptor] = []
        self._unread_bytes = 0
        self.on_signal: Callable[[Message], object] = lambda _: None
        (self.unique_name,) = self.call(message_bus.Hello(), _CONNECT_S)

    def call(self, message: Message, timeout_s: float = ANSWER_S) -> tuple[Any, ...]:
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
            if reply.header.message_type is MessageType.signal:
                self.on_signal(reply)
        if reply.header.message_type is MessageType.error:
            raise error_of(reply)
        return tuple(reply.body)

    def break_off(self) -> None:
        """End every wait on this connection, from another thread; it is of no use."""
        with suppress(OSError):
            self._link.shutdown(socket.SHUT_RDWR)

    def receive(self, end_s: float | None = None) -> Message:
        """The next message.

        Args:
            end_s: instant of `time.monotonic` until which to wait; None for as long as
                it takes.

        Raises:
            TimeoutError: none came.
            OSError: the bus is gone.
        """
        self.close_untaken()
        while (message := self._next()) is None:
            left_s = None if end_s is None else end_s - time.monotonic()
            if left_s is not None and left_s <= 0:
                raise TimeoutError("no answer")
            self._link.settimeout(left_s)
            self._read()
        return message

    def _next(self) -> Message | None:
        """What has come as a whole; what is too large for its kind is passed over."""
        parser = self._parser
        while True:
            passed = min(self._unread_bytes, parser.buf.bytes_buffered)
            if passed:
                parser.buf.read(passed)
                self._unread_bytes -= passed
            if self._unread_bytes or parser.buf.bytes_buffered < _HEAD_BYTES:
                return None
            size_bytes = parser.buf.bytes_buffered + parser.bytes_desired()
            is_answer = parser.buf.peek(2)[1] == MessageType.method_return.value
            if size_bytes <= (_LARGEST_ANSWER_BYTES if is_answer else _LARGEST_BYTES):
                return parser.get_next_message()
            self._unread_bytes, parser.next_msg_size = size_bytes, None
            parser.fds.clear()

    def _read(self) -> None:
        """Read some bytes; of one message only where descriptors may come with it.

        Raises:
            OSError: the bus is gone, or there was no room for a descriptor.
        """
        wanted = self._unread_bytes or (
            self._parser.bytes_desired() if self._takes_fds else _READ_BYTES
        )
        received, attached, flags, _ = self._link.recvmsg(
            min(wanted, _READ_BYTES), _FDS_BYTES, socket.MSG_CMSG_CLOEXEC
        )
        came = FileDescriptor.from_ancdata(attached)
        self._came += came
        if flags & socket.MSG_CTRUNC:
            raise OSError("no room for a descriptor that came over the bus")
        if not received:
            raise ConnectionResetError("the bus closed the connection")
        self._parser.add_data(received, came)

    def close_untaken(self) -> None:
        """Close the descriptors that came with the last message, but those taken."""
        for each in self._came:
            with suppress(NoFDError):  # taken: it is its taker's
                each.close()
        self._came.clear()


def owner_of(bus: Bus, service: str) -> str:
    """The unique name of who owns a name; nobody is started by asking.

    Args:
        bus: the connection.
        service: a well-known name.

    Returns:
        Empty when nobody does.

    Raises:
        OSError: no answer in time, or the bus is gone.
        CallError: the bus refuses.
    """
    try:
        (owner,) = bus.call(message_bus.GetNameOwner(service))
    except CallError as error:
        if error.name == _NO_OWNER:
            return ""
        raise
    return str(owner)


def managed_objects(bus: Bus, service: str, path: str) -> Any:  # noqa: ANN401 - as it came
    """All objects of a service with their properties, by path and interface.

    Args:
        bus: the connection.
        service: who has them.
        path: of its object manager.

    Raises:
        OSError: no answer in time, or the bus is gone.
        CallError: it was an error.
        ValueError: that is no answer to this question.
    """
    asked = DBusAddress(path, bus_name=service, interface=_OBJECTS)
    (tree,) = bus.call(new_method_call(asked, "GetManagedObjects"))
    return tree


def properties(bus: Bus, service: str, path: str, interface: str) -> Any:  # noqa: ANN401 - as they came
    """The properties of one interface of one object: type and value by name.

    Args:
        bus: the connection.
        service: who has the object.
        path: of the object.
        interface: which of its properties.

    Raises:
        OSError: no answer in time, or the bus is gone.
        CallError: it was an error.
        ValueError: that is no answer to this question.
    """
    asked = DBusAddress(path, bus_name=service, interface=_PROPERTIES)
    (facts,) = bus.call(new_method_call(asked, "GetAll", "s", (interface,)))
    return facts


def error_of(reply: Message) -> CallError:
    """The error that a reply of that type is."""
    text = reply.body[0] if reply.body and isinstance(reply.body[0], str) else ""
    return CallError(reply.header.fields.get(HeaderFields.error_name, ""), text)


@contextmanager
def connected(address: str, *, takes_fds: bool = False) -> Iterator[Bus]:
    """Connect to a bus.

    Args:
        address: as in DBUS_SESSION_BUS_ADDRESS.
        takes_fds: whether descriptors may come with a message, see `Bus`.

    Raises:
        OSError: nobody answers there in time, or refuses this user.
        RuntimeError: no address of that kind can be used.
        ValueError: that is no address.
        CallError: the bus refuses.
    """
    prepared = prep_socket(get_bus(address), takes_fds, timeout=_CONNECT_S)
    with closing(prepared) as link:
        bus = Bus(link, takes_fds=takes_fds)
        try:
            yield bus
        finally:
            bus.close_untaken()
