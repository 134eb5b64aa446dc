"""Who is connected to the daemon's socket: their lines, and room for everybody.

Anybody may connect, so each caller costs a bounded amount of everything: one line at
a time is taken from the kernel, which keeps the rest and makes the caller wait; a line
has an end; a user has a share of the connections, and more of them make room among his
own.

Source: man 7 unix (SO_PEERCRED), man 2 recv (MSG_PEEK).
"""

from __future__ import annotations

import socket
import struct
from collections import Counter
from typing import TYPE_CHECKING, Final

from monitor.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection

LINE_BYTES: Final = 65_536
"""A request is shorter, with its end."""
CALLERS: Final = 128
OF_ONE_USER: Final = 32

_UCRED: Final = struct.Struct("=iII")  # struct ucred, unix(7)


class Caller:
    """One connection.

    Attributes:
        link: to who called; never blocks.
        uid: of the user.
        gid: of the user.
        follows: methods that this caller is told of, and the way (as it says itself)
            in which it tells people.
        heard: when something was heard last, as a number that only grows.
    """

    def __init__(self, link: socket.socket, heard: int) -> None:
        """Take a connection.

        Args:
            link: just accepted.
            heard: now.

        Raises:
            OSError: it is gone already.
        """
        link.setblocking(False)  # noqa: FBT003 - the only way to say it
        self.link = link
        self.heard = heard
        self.follows: dict[str, str] = {}
        self._begun = b""
        _, self.uid, self.gid = _UCRED.unpack(
            link.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
        )

    def receive(self) -> bytes | None:
        """Take what is there, up to the end of one line.

        Descriptors that were sent along are closed by the kernel.

        Returns:
            The line; None as long as it has no end.

        Raises:
            OSError: the caller is gone, or sent nothing although the kernel said so (a
                byte out of band).
            UsageError: the line is too long.
        """
        shown = self.link.recv(LINE_BYTES, socket.MSG_PEEK)
        # Never more than was shown: that may hold the end of a line by now. The kernel
        # may give less, and the next call gets the rest.
        part = self.link.recv(shown.find(b"\n") + 1 or len(shown))
        if not part:
            raise ConnectionAbortedError
        self._begun += part
        if len(self._begun) > LINE_BYTES:
            raise UsageError(f"a request has at most {LINE_BYTES} bytes")
        if not part.endswith(b"\n"):
            return None
        line, self._begun = self._begun, b""
        return line


def who_makes_room(callers: Collection[Caller], uid: int) -> Caller | None:
    """Who has to go before one more of a user may come.

    Args:
        callers: all that are connected.
        uid: of the newcomer.

    Returns:
        None while there is room. Else that one of the user, or of the user with most
        connections, who was silent longest; who follows something is the last to go.
    """
    of_user = Counter(caller.uid for caller in callers)
    if of_user[uid] >= OF_ONE_USER:
        crowd = uid
    elif len(callers) >= CALLERS:
        ((crowd, _),) = of_user.most_common(1)
    else:
        return None
    return min(
        (caller for caller in callers if caller.uid == crowd),
        key=lambda caller: (bool(caller.follows), caller.heard),
    )
