"""Following what a daemon announces, through all its restarts.

`control` lets a caller follow a method: after the answer comes an announcement at each
change. Who follows waits for a daemon that is not there, less and less often.
"""

from __future__ import annotations

import json
import logging
import select
import socket
from typing import TYPE_CHECKING, Any, Final, Protocol

from monitor.escapes import visible

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_FIRST_PAUSE_S: Final = 0.2
_LONGEST_PAUSE_S: Final = 30.0
_CONNECT_S: Final = 5.0
_LONGEST_LINE: Final = 1_000_000
_LONGEST_REFUSAL: Final = 300
_FOLLOW_ID: Final = 1

log = logging.getLogger("esimmon")


class Follower(Protocol):
    """Who is told."""

    def take(self, content: Mapping[str, Any]) -> None:
        """Take an answer or an announcement.

        Args:
            content: what the method answers now; hostile.

        Raises:
            ValueError: nobody can make anything of it.
        """

    def look(self, link: socket.socket) -> None:
        """Do what is due: after what was taken, and when the wait is over.

        Args:
            link: the connection, on which `notify` may be used.

        Raises:
            OSError: the connection broke.
        """

    def wait_s(self) -> float | None:
        """After how long to look, if nothing is announced; None for never."""


def notify(link: socket.socket, method: str, params: Mapping[str, Any]) -> None:
    """Tell the daemon something without waiting for its answer.

    Args:
        link: the connection.
        method: name of the call.
        params: its arguments.

    Raises:
        OSError: the connection broke.
    """
    _call(link, method, params, None)


def follow(
    path: Path,
    method: str,
    follower: Follower,
    parent: int | None = None,
    params: Mapping[str, Any] | None = None,
) -> None:
    """Follow a method until `parent` ends.

    Args:
        path: the daemon's socket; need not exist yet.
        method: that can be followed.
        follower: who is told.
        parent: a pipe that ends when this shall; None for never.
        params: arguments of the method.
    """
    pause_s, complained = _FIRST_PAUSE_S, False
    watched = [] if parent is None else [parent]
    while True:
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
                link.settimeout(_CONNECT_S)
                link.connect(str(path))
                pause_s, complained = _FIRST_PAUSE_S, False
                _call(link, method, params or {}, _FOLLOW_ID)
                _listen(link, method, follower, watched)
        except (OSError, ValueError) as error:
            if not complained:
                log.warning("%s: %s; trying again", path, error)
            complained = True
        if select.select(watched, [], [], pause_s)[0]:
            return
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)


def _listen(
    link: socket.socket, method: str, follower: Follower, more: list[int]
) -> None:
    """Hand over what the daemon says until it goes away, or something comes in `more`.

    Raises:
        OSError: the connection broke.
        ValueError: the daemon refused, or says nonsense.
    """
    received = b""
    watched: list[socket.socket | int] = [link, *more]
    while True:
        ready, _, _ = select.select(watched, [], [], follower.wait_s())
        if any(each in ready for each in more):
            return
        if link in ready:
            part = link.recv(65_536)
            *lines, received = (received + part).split(b"\n")
            for line in lines:
                content = _content(json.loads(line), method)
                if content is not None:
                    follower.take(content)
            if not part:
                return
            if len(received) > _LONGEST_LINE:
                raise ValueError("an endless answer")
        follower.look(link)


def _content(message: Any, method: str) -> Mapping[str, Any] | None:  # noqa: ANN401 - whatever JSON can hold
    """What the method answers, or now would; None for another message.

    Raises:
        ValueError: the daemon refused.
    """
    if not isinstance(message, dict):
        raise ValueError("that is no daemon of esimmon")  # noqa: TRY004 - as documented
    if message.get("id") == _FOLLOW_ID and "error" in message:
        raise ValueError(_refusal(message["error"]))
    if message.get("id") == _FOLLOW_ID or message.get("method") == method:
        content = message.get("result", message.get("params")) or {}
        return content if isinstance(content, dict) else {}
    return None


def _refusal(error: object) -> str:
    """What the daemon says against it, harmless and not too long."""
    said = error.get("message") if isinstance(error, dict) else None
    if not isinstance(said, str) or not said:
        return "the daemon refused, and does not say why"
    return visible(said)[:_LONGEST_REFUSAL]


def _call(
    link: socket.socket, method: str, params: Mapping[str, Any], call_id: int | None
) -> None:
    call = {"jsonrpc": "2.0", "id": call_id, "method": method, "params": dict(params)}
    link.sendall(json.dumps(call).encode() + b"\n")
