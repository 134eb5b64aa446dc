"""The daemon's socket: newline-delimited JSON-RPC 2.0 on a unix socket.

Everybody on the machine may connect; SO_PEERCRED says who it is, and each method says
whom it answers: anybody, readers (root, the daemon's own user, group `esimmon`), or
changers (the same three). A caller cannot hold up the daemon: nothing here blocks, each
turn of the loop hears one line of each caller, and what they may cost is bounded
(`callers`).
"""

from __future__ import annotations

import contextlib
import grp
import itertools
import json
import os
import pwd
import selectors
import socket
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from monitor.client.calling import Answer, call, request
from monitor.daemon.callers import OF_ONE_USER, Caller, who_makes_room
from monitor.errors import StoreBusyError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

__all__ = [
    "CALLER",
    "GROUP",
    "Access",
    "Answer",
    "Control",
    "Method",
    "call",
    "may_read",
    "request",
]

GROUP: Final = "esimmon"
CALLER: Final = "caller_uid"
"""The argument that says who calls, whatever the caller wrote there."""
_MOST_PARTS: Final = 256
_LONGEST_WAY: Final = 16
_LONGEST_REFUSAL: Final = 2_000  # characters: it may quote what the caller wrote

# https://www.jsonrpc.org/specification#error_object
_PARSE_ERROR: Final = -32700
_INVALID_REQUEST: Final = -32600
_UNKNOWN_METHOD: Final = -32601
_FAILED: Final = -32000
_FORBIDDEN: Final = -32001

_UNKNOWN: Final = "the daemon is of another version and does not know this; restart it"


class Access(Enum):
    """Whom a method answers."""

    ANYBODY = "anybody"
    GROUP = f"root, the daemon's user and group {GROUP}"


class Method(NamedTuple):
    """One call that the daemon answers.

    Attributes:
        access: whom.
        answer: from the call's arguments to its result.
        is_followed: who called it once is told of later results by `announce`, as
            long as the connection is open.
        names_caller: whether `answer` finds the caller's user id in `CALLER`.
    """

    access: Access
    answer: Callable[[Mapping[str, Any]], dict[str, Any]]
    is_followed: bool = False
    names_caller: bool = False


def may_read(uid: int, gid: int, daemon_uid: int) -> bool:
    """Whether a caller is root, the daemon's user, or in its group.

    Groups are looked up here, by name, so that a person who was just added to the
    group need not log in again.
    """
    if uid in (0, daemon_uid):
        return True
    try:
        wanted = grp.getgrnam(GROUP).gr_gid
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        return False
    return wanted == gid or wanted in os.getgrouplist(name, gid)


class _RefusedError(Exception):
    """A call that is not answered, with the code of JSON-RPC."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class Control:
    """The listening side, driven by the daemon's own selector."""

    def __init__(
        self,
        path: Path,
        methods: Mapping[str, Method],
        selector: selectors.BaseSelector,
    ) -> None:
        """Listen.

        Args:
            path: where the socket is made; a dead one there is replaced.
            methods: the calls by name.
            selector: the loop; `handle` must be called for each ready key.

        Raises:
            StoreBusyError: another daemon answers at that path.
            OSError: the socket cannot be made.
        """
        self.path = path
        self._methods = methods
        self._selector = selector
        self._callers: set[Caller] = set()
        self._moments = itertools.count()
        self._listener = self._listen(path)
        selector.register(self._listener, selectors.EVENT_READ, self._accept)

    def _listen(self, path: Path) -> socket.socket:
        # Everybody may ask the system's daemon; a user's own is nobody else's matter.
        mode = 0o755 if os.geteuid() == 0 else 0o700
        path.parent.mkdir(mode=mode, parents=True, exist_ok=True)
        if path.is_socket():
            # One that is busy, or hangs, is alive as well.
            if call(path, "status", {}) is not None:
                raise StoreBusyError(f"{path}: another esimmon daemon answers there")
            path.unlink()
        listener = socket.socket(
            socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK
        )
        try:
            listener.bind(str(path))
            path.chmod(0o666)  # SO_PEERCRED decides, see the module
            listener.listen(socket.SOMAXCONN)
        except OSError:
            listener.close()
            raise
        return listener

    def _accept(self) -> None:
        """Let in the next few of those who wait; each is heard before he must go."""
        for _ in range(OF_ONE_USER // 2):
            try:
                link, _ = self._listener.accept()
            except OSError:  # nobody else, or it went away before we looked
                return
            self._let_in(link)

    def _let_in(self, link: socket.socket) -> None:
        try:
            caller = Caller(link, next(self._moments))
        except OSError:
            link.close()
            return
        crowding = who_makes_room(self._callers, caller.uid)
        if crowding is not None:
            self._drop(crowding)
        self._callers.add(caller)
        self._selector.register(
            link, selectors.EVENT_READ, lambda: self._receive(caller)
        )

    def _receive(self, caller: Caller) -> None:
        try:
            line = caller.receive()
        except OSError:
            self._drop(caller)
            return
        except UsageError as error:
            self._send(caller, _error(None, _INVALID_REQUEST, str(error)))
            self._drop(caller)
            return
        if line is not None:
            caller.heard = next(self._moments)
            self._send(caller, self._answer(caller, line))

    def _send(self, caller: Caller, message: Mapping[str, Any]) -> None:
        """Send a line; who does not read must not hold us up, and is dropped."""
        line = json.dumps(message).encode() + b"\n"
        try:
            sent = caller.link.send(line)
        except OSError:
            sent = 0
        if sent < len(line):
            self._drop(caller)

    def is_followed(self, name: str) -> bool:
        """Whether anybody is to be told of later results of a method.

        Args:
            name: of the method.
        """
        return any(name in caller.follows for caller in self._callers)

    def announce(self, name: str, result: Mapping[str, Any]) -> None:
        """Tell everybody who follows a method what it would answer now.

        Args:
            name: of a method that is followed.
            result: sent as a notification of JSON-RPC with the method's name.
        """
        message = {"jsonrpc": "2.0", "method": name, "params": result}
        for caller in tuple(self._callers):
            if name in caller.follows:
                self._send(caller, message)

    def followers(self, name: str) -> list[tuple[int, str]]:
        """Who follows a method: user id, and way as they say themselves.

        Args:
            name: of the method.
        """
        return [(c.uid, c.follows[name]) for c in self._callers if name in c.follows]

    def _answer(self, caller: Caller, line: bytes) -> dict[str, Any]:
        call_id = None
        try:
            asked = _parsed(line)
            call_id = asked["id"]
            result = self._result(caller, asked)
        except _RefusedError as refused:
            return _error(call_id, refused.code, str(refused))
        except Exception as error:  # noqa: BLE001 - a caller must not end the daemon
            return _error(call_id, _FAILED, str(error)[:_LONGEST_REFUSAL])
        return {"jsonrpc": "2.0", "id": call_id, "result": result}

    def _result(self, caller: Caller, asked: Mapping[str, Any]) -> dict[str, Any]:
        name, params = asked["method"], asked["params"]
        method = self._methods.get(name) if isinstance(name, str) else None
        if method is None:
            raise _RefusedError(_UNKNOWN_METHOD, _UNKNOWN)
        if method.access is Access.GROUP and not may_read(
            caller.uid, caller.gid, os.geteuid()
        ):
            who = f"only {Access.GROUP.value} may ask this"
            raise _RefusedError(_FORBIDDEN, who)
        if method.names_caller:
            params = {**params, CALLER: caller.uid}
        result = method.answer(params)
        if method.is_followed:
            caller.follows[name] = str(params.get("way", ""))[:_LONGEST_WAY]
        return result

    def _drop(self, caller: Caller) -> None:
        if caller not in self._callers:  # dropped already, and ready all the same
            return
        self._selector.unregister(caller.link)
        caller.link.close()
        self._callers.discard(caller)

    def close(self) -> None:
        """Stop listening and remove the socket."""
        for caller in tuple(self._callers):
            self._drop(caller)
        self._selector.unregister(self._listener)
        self._listener.close()
        with contextlib.suppress(OSError):
            self.path.unlink()


def _parsed(line: bytes) -> dict[str, Any]:
    """A request with all its three parts.

    Raises:
        _RefusedError: it is none.
    """
    # Nesting is bounded before it is followed: where the stack overflows, Python 3.11
    # ends the process if anything else runs there, such as a finalizer.
    if line.count(b"[") + line.count(b"{") > _MOST_PARTS:
        bound = f"a request has at most {_MOST_PARTS} lists and objects"
        raise _RefusedError(_INVALID_REQUEST, bound)
    try:
        # Only UTF-8, unlike `json` itself; and an id must come back as it came.
        asked = json.loads(line.decode(), parse_constant=_refuse_constant)
    except ValueError:
        raise _RefusedError(_PARSE_ERROR, "that is no JSON") from None
    if not isinstance(asked, dict) or not isinstance(asked.get("params", {}), dict):
        raise _RefusedError(_INVALID_REQUEST, "a request is an object")
    call_id = asked.get("id")
    if not (call_id is None or type(call_id) in (int, str)):
        raise _RefusedError(_INVALID_REQUEST, "an id is a text or a whole number")
    return {"method": None, "params": {}, "id": None} | asked


def _refuse_constant(word: str) -> None:
    raise ValueError(f"{word} is not in JSON")


def _error(call_id: object, code: int, message: str) -> dict[str, Any]:
    error = {"code": code, "message": message}
    return {"jsonrpc": "2.0", "id": call_id, "error": error}
