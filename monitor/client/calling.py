"""Calls to a daemon by its socket; `control` is the side that answers."""

from __future__ import annotations

import json
import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_LONGEST_ANSWER: Final = 4_000_000
_POLL_S: Final = 0.01


class Answer(NamedTuple):
    """What came back from a daemon: a result, or why it said no."""

    result: dict[str, Any] | None = None
    refusal: str = ""


def call(
    path: Path, method: str, params: Mapping[str, Any], timeout_s: float = 2.0
) -> Answer | None:
    """Ask a running daemon, and hear why it says no.

    Args:
        path: its socket.
        method: name of the call.
        params: arguments of the call.
        timeout_s: seconds to wait for each step.

    Returns:
        None when nobody listens; an empty answer when the call went out and nothing
        came back, so that nobody knows what became of it.
    """
    words = {"jsonrpc": "2.0", "id": 1, "method": method, "params": dict(params)}
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
        link.settimeout(timeout_s)
        try:
            if not _connect(link, path, timeout_s):
                return Answer()
        except OSError:
            return None
        try:
            with suppress(BrokenPipeError):  # it says why before it hangs up
                link.sendall(json.dumps(words).encode() + b"\n")
            with link.makefile("rb") as lines:
                answer = json.loads(lines.readline(_LONGEST_ANSWER))
        except (OSError, ValueError, RecursionError):
            return Answer()
    if not isinstance(answer, dict):
        return Answer()
    result, error = answer.get("result"), answer.get("error")
    if isinstance(error, dict):
        return Answer(refusal=str(error.get("message")))
    return Answer(result if isinstance(result, dict) else None)


def _connect(link: socket.socket, path: Path, timeout_s: float) -> bool:
    """Connect; where many wait to be let in, wait as well.

    Returns:
        Whether it was let in in time.

    Raises:
        OSError: nobody listens.
    """
    deadline_s = time.monotonic() + timeout_s
    while time.monotonic() < deadline_s:
        try:
            link.connect(str(path))
        except BlockingIOError:  # unix(7): the queue is full; there is no waiting
            time.sleep(_POLL_S)
        else:
            return True
    return False


def request(
    path: Path, method: str, params: Mapping[str, Any], timeout_s: float = 2.0
) -> dict[str, Any] | None:
    """Ask a running daemon that is believed to know the answer; as `call`.

    Returns:
        The result; None when nobody answers, or the daemon says no.
    """
    answer = call(path, method, params, timeout_s)
    return None if answer is None else answer.result
