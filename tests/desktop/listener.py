"""Everything that programs ask a bus to show, counted as it goes by.

What dunst shows is no count: a notification that comes twice takes its own place.
"""

from __future__ import annotations

import queue
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from jeepney import DBusAddress, MatchRule, MessageType, new_method_call, new_signal
from jeepney.io.blocking import open_dbus_connection

from monitor.notifiers.bus import NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jeepney import Message
    from jeepney.io.blocking import DBusConnection

_MONITORING = DBusAddress(
    "/org/freedesktop/DBus",
    bus_name="org.freedesktop.DBus",
    interface="org.freedesktop.DBus.Monitoring",
)
_FENCE = DBusAddress("/", interface="esimmon.Test")
_PATIENCE_S = 10


class Asked(NamedTuple):
    """A notification that was asked for.

    Attributes:
        title: of it.
        percent: of a quota; None where it is not about one.
        place: what a newer one in its place has in common with it.
    """

    title: str
    percent: int | None
    place: str


def asked_by(call: Message) -> Asked:
    """What a call of Notify asks for."""
    title, hints = call.body[3], call.body[6]
    _, percent = hints.get("value", ("i", None))
    _, place = hints.get("x-dunst-stack-tag", ("s", ""))
    return Asked(title, percent, place)


class Listener:
    """Who hears all of it; by `listening`."""

    def __init__(self, address: str, link: DBusConnection) -> None:
        """Become a monitor of the bus."""
        self._address, self._link = address, link
        self._asked: list[Asked] = []
        self._fences: queue.SimpleQueue[None] = queue.SimpleQueue()
        rules = [
            MatchRule(type="method_call", interface=NAME, member="Notify").serialise(),
            MatchRule(type="signal", interface=_FENCE.interface).serialise(),
        ]
        become = new_method_call(_MONITORING, "BecomeMonitor", "asu", (rules, 0))
        reply = link.send_and_get_reply(become)
        assert reply.header.message_type is MessageType.method_return, reply.body

    def listen(self) -> None:
        """Listen until the connection ends."""
        while True:
            try:
                heard = self._link.receive()
            except OSError:
                return
            if heard.header.message_type is MessageType.method_call:
                self._asked.append(asked_by(heard))
            else:
                self._fences.put(None)

    def asked(self) -> list[Asked]:
        """All that was asked for before this call."""
        with open_dbus_connection(self._address) as link:
            link.send(new_signal(_FENCE, "Fence"))
            self._fences.get(timeout=_PATIENCE_S)
        return list(self._asked)

    def percents(self) -> list[int | None]:
        """How much was used, of each."""
        return [each.percent for each in self.asked()]


@contextmanager
def listening(environ: dict[str, str]) -> Iterator[Listener]:
    """Listen to a bus.

    Args:
        environ: of its programs.
    """
    address = environ["DBUS_SESSION_BUS_ADDRESS"]
    link: Any = open_dbus_connection(address)
    listener = Listener(address, link)
    thread = threading.Thread(target=listener.listen)
    thread.start()
    try:
        yield listener
    finally:
        link.sock.shutdown(2)
        thread.join()
        link.close()
