"""Tell systemd how the service is: READY, STATUS, WATCHDOG, STOPPING.

Source: sd_notify(3), sd_watchdog_enabled(3). Own code on purpose: the libraries for it
are either unmaintained or bind all of libsystemd.
"""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_MICROSECONDS = 1_000_000


def notify(*states: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Send states such as `READY=1` to the service manager.

    Args:
        states: assignments, one a line.
        environ: holds NOTIFY_SOCKET when a manager listens.

    Returns:
        Whether a manager was told. A manager that went away is not an error.
    """
    address = environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as link:
        try:
            link.sendto("\n".join(states).encode(), address.replace("@", "\0", 1))
        except OSError:
            return False
    return True


def watchdog_interval_s(environ: Mapping[str, str] = os.environ) -> float | None:
    """Half of the time after which the manager ends a silent service.

    Returns:
        Seconds between two `WATCHDOG=1`; None when no watchdog is set for us.
    """
    timeout_us = environ.get("WATCHDOG_USEC", "")
    wanted_pid = environ.get("WATCHDOG_PID", str(os.getpid()))
    if not timeout_us.isdigit() or wanted_pid != str(os.getpid()):
        return None
    return int(timeout_us) / _MICROSECONDS / 2
