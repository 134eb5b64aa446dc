"""Loopback sockets and the server on them; the only importer of uvicorn."""

from __future__ import annotations

import contextlib
import errno
import socket
from typing import TYPE_CHECKING, Final

import uvicorn

from monitor.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp

_V4, _V6 = "127.0.0.1", "::1"
_GRACE_S: Final = 2


def listen(port: int) -> list[socket.socket]:
    """Sockets on loopback alone, of both protocols where there are both.

    Args:
        port: 0 for a free one.

    Returns:
        The first one is of IPv4; all are of one port.

    Raises:
        UsageError: the port is taken, or not for this user.
    """
    first = _bound(socket.AF_INET, _V4, port)
    chosen = first.getsockname()[1]
    found = [first]
    # Somebody else may have the port there, or IPv6 may be off: the address that is
    # shown is that of IPv4.
    with contextlib.suppress(OSError, UsageError):
        found.append(_bound(socket.AF_INET6, _V6, chosen))
    return found


def _bound(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind((host, port))
        made.listen()
    except OSError as error:
        made.close()
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            raise UsageError(
                f"port {port} of {host}: {error.strerror}. Name another one with "
                "--port, or none for a free one."
            ) from error
        raise
    return made


def serve(
    app: ASGIApp, sockets: list[socket.socket], began: Callable[[], None]
) -> None:
    """Answer until Ctrl-C.

    Args:
        app: what answers.
        sockets: of `listen`; they are closed at the end.
        began: called when the first request would be answered.

    Raises:
        KeyboardInterrupt: by Ctrl-C.
    """
    settings = uvicorn.Config(
        app,
        lifespan="off",
        ws="none",
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,  # there is no proxy whose word on the caller would count
        timeout_graceful_shutdown=_GRACE_S,
    )
    try:
        _Server(settings, began).run(sockets)
    finally:
        for each in sockets:
            each.close()


class _Server(uvicorn.Server):
    """Says when it has begun."""

    def __init__(self, settings: uvicorn.Config, began: Callable[[], None]) -> None:
        super().__init__(settings)
        self._began = began

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._began()
