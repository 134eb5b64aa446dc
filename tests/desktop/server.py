"""A notification daemon of our own on a real bus.

It can hang, and act at the worst moment.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Self

from jeepney import HeaderFields, MessageType, message_bus, new_method_return
from jeepney.io.blocking import open_dbus_connection

from monitor.notifiers.bus import NAME
from tests.desktop.listener import asked_by

if TYPE_CHECKING:
    from collections.abc import Callable

    from jeepney import Message

    from tests.desktop.listener import Asked

_INFORMATION = ("server", "esimmon", "1", "1.2")


class Server:
    """The notification daemon; use it with `with`.

    Attributes:
        hangs: names of the methods that it does not answer until `go_on`.
        shown: all that it showed.
        on_show: called when it has shown something, before it answers.
    """

    def __init__(self, environ: dict[str, str], *hangs: str) -> None:
        """Take the name on a bus.

        Args:
            environ: of the bus's programs.
            hangs: names of methods that it does not answer at first.
        """
        self.hangs = set(hangs)
        self.shown: list[Asked] = []
        self.on_show: Callable[[], object] = lambda: None
        self._held: list[Message] = []
        self._lock = threading.Lock()
        self._link: Any = open_dbus_connection(environ["DBUS_SESSION_BUS_ADDRESS"])
        (result,) = self._link.send_and_get_reply(message_bus.RequestName(NAME)).body
        assert result == 1
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._link.sock.shutdown(2)
        self._thread.join()
        self._link.close()

    def go_on(self) -> None:
        """Answer what was asked meanwhile, and everything from now on."""
        with self._lock:
            self.hangs.clear()
            held, self._held = self._held, []
        for call in held:
            self._answer(call)

    def holds(self) -> bool:
        """Whether somebody waits for an answer."""
        return bool(self._held)

    def _serve(self) -> None:
        while True:
            try:
                call = self._link.receive()
            except OSError:
                return
            if call.header.message_type is MessageType.method_call:
                self._take(call)

    def _take(self, call: Message) -> None:
        with self._lock:
            is_held = call.header.fields[HeaderFields.member] in self.hangs
            if is_held:
                self._held.append(call)
        if not is_held:
            self._answer(call)

    def _answer(self, call: Message) -> None:
        match call.header.fields[HeaderFields.member]:
            case "GetServerInformation":
                reply = new_method_return(call, "ssss", _INFORMATION)
            case "GetCapabilities":
                reply = new_method_return(call, "as", (["body"],))
            case _:
                self.shown.append(asked_by(call))
                self.on_show()
                number = call.body[1] or len(self.shown)
                reply = new_method_return(call, "u", (number,))
        self._link.send(reply)
