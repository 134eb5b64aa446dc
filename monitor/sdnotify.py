"""Talk with systemd: how the service is, and descriptors that it keeps over a restart.

Source: sd_notify(3), sd_watchdog_enabled(3), sd_listen_fds(3). Own code on purpose: the
libraries for it are either unmaintained or bind all of libsystemd.
"""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

_MICROSECONDS = 1_000_000
_FIRST_DESCRIPTOR = 3  # SD_LISTEN_FDS_START


def is_managed(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether a service manager listens to this process."""
    return environ.get("NOTIFY_SOCKET", "").startswith(("/", "@"))


def writes_to_journal(descriptor: int, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether a descriptor of this process ends in the journal.

    The variable alone does not tell: a terminal on a desktop inherits it (systemd.exec,
    JOURNAL_STREAM).

    Args:
        descriptor: 1 or 2.
        environ: holds JOURNAL_STREAM as device and inode of the stream.
    """
    device, _, inode = environ.get("JOURNAL_STREAM", "").partition(":")
    try:
        found = os.fstat(descriptor)
    except OSError:  # closed
        return False
    return (device, inode) == (str(found.st_dev), str(found.st_ino))


def notify(
    *states: str,
    descriptors: tuple[int, ...] = (),
    environ: Mapping[str, str] = os.environ,
) -> bool:
    """Send states such as `READY=1` to the service manager.

    Args:
        states: assignments, one a line.
        descriptors: sent along; they stay open here.
        environ: holds NOTIFY_SOCKET when a manager listens.

    Returns:
        Whether a manager was told. A manager that went away is not an error.
    """
    if not is_managed(environ):
        return False
    address = environ["NOTIFY_SOCKET"].replace("@", "\0", 1)
    message = ["\n".join(states).encode()]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as link:
        try:
            link.connect(address)
            socket.send_fds(link, message, list(descriptors))
        except OSError:
            return False
    return True


def keep(name: str, descriptor: int, environ: Mapping[str, str] = os.environ) -> bool:
    """Have the manager keep a descriptor until the service is stopped for good.

    It comes back with the next start (`take_kept`), after a kill as well. What is the
    same open file under another name is not kept twice: `drop` that name first.

    Args:
        name: at most 255 characters, without a colon.
        descriptor: stays open here.
        environ: holds NOTIFY_SOCKET when a manager listens.

    Returns:
        Whether a manager was told; it keeps up to FileDescriptorStoreMax= of the unit,
        and does not say so when that is too few.
    """
    # Not polled: a descriptor that hangs up is ours to judge.
    states = ("FDSTORE=1", f"FDNAME={name}", "FDPOLL=0")
    return notify(*states, descriptors=(descriptor,), environ=environ)


def drop(name: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Have the manager close what it keeps under a name.

    Args:
        name: as given to `keep`.
        environ: holds NOTIFY_SOCKET when a manager listens.

    Returns:
        Whether a manager was told.
    """
    return notify("FDSTOREREMOVE=1", f"FDNAME={name}", environ=environ)


def take_kept(
    environ: MutableMapping[str, str] = os.environ,
) -> list[tuple[str, int]]:
    """Descriptors that the manager kept of the process before, and keeps still.

    Args:
        environ: holds LISTEN_FDS; what it says is taken out of it, so that neither a
            second call nor a child takes these numbers for its own.

    Returns:
        Names and descriptors, the caller's from now on; none when there are none, or
        when they are meant for another process.
    """
    wanted_pid, number, names = (
        environ.pop(variable, "")
        for variable in ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES")
    )
    if wanted_pid != str(os.getpid()) or not number.isdigit():
        return []
    descriptors = range(_FIRST_DESCRIPTOR, _FIRST_DESCRIPTOR + int(number))
    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)  # noqa: FBT003 - the only way to say it
    return list(zip(names.split(":"), descriptors, strict=False))


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
