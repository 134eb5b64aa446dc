"""A service manager, as far as sd_notify(3) is concerned: a real datagram socket."""

from __future__ import annotations

import contextlib
import socket
import time
from collections import deque
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Manager:
    """A service manager, as far as sd_notify(3) is concerned.

    Attributes:
        address: for NOTIFY_SOCKET.
    """

    def __init__(self, folder: Path) -> None:
        self.address = folder / "notify"
        self.address.unlink(missing_ok=True)
        self._link = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._link.bind(str(self.address))
        self.address.chmod(0o666)  # the daemon may be another user's
        self._lines: deque[str] = deque()

    def messages(self, within_s: float) -> Iterator[str]:
        """What the daemon says.

        Args:
            within_s: how long to listen.

        Yields:
            Lines such as `READY=1`.
        """
        deadline = time.monotonic() + within_s
        while self._lines or (left_s := deadline - time.monotonic()) > 0:
            if self._lines:
                yield self._lines.popleft()
                continue
            self._link.settimeout(left_s)
            with contextlib.suppress(TimeoutError):
                self._lines += self._link.recv(4096).decode().splitlines()

    def close(self) -> None:
        """Go away; the daemon must not mind."""
        self._link.close()
        self.address.unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
