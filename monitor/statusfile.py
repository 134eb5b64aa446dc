"""The daemon's word on how things stand: a small JSON file beside its socket.

It is there for what is asked often, such as a status bar: reading it needs no daemon,
no database and hardly an import (this module has only what the file needs; paths are
text, because pathlib alone would cost a quarter of the budget of `esimmon status`).
"""

from __future__ import annotations

import contextlib
import json
import os
import time

from monitor.errors import StatusStaleError

TYPE_CHECKING = False  # `typing` would cost as much as all the rest
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

VERSION = 1
STALE_TICKS = 3
_BOOT_ID = "/proc/sys/kernel/random/boot_id"
_NS_PER_S = 1_000_000_000
_MODE = 0o644  # any local user may know how the plans stand
_LARGEST_BYTES = 1_000_000
_START = "Start counting with: esimmon run"


def status_path(socket_path: str | os.PathLike[str]) -> str:
    """Where the status file of a daemon is.

    Args:
        socket_path: the daemon's control socket.

    Returns:
        A file beside it, of the same name.
    """
    return f"{os.path.splitext(os.fspath(socket_path))[0]}.json"  # noqa: PTH122 - see above


def write(path: str, document: Mapping[str, Any]) -> None:
    """Replace the status file, so that a reader sees the old one or the new one.

    Args:
        path: in a directory where only the daemon may write.
        document: with `version`, `at`, `boot_id`, `boottime_ns` and `tick_s`.

    Raises:
        OSError: it cannot be written.
    """
    made = f"{path}.new"
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
    descriptor = os.open(made, flags, _MODE)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, _MODE)  # whatever the umask
        file.write(json.dumps(document).encode())
    # Not on disk before it is in place: after a power cut it would be stale anyway.
    os.replace(made, path)  # noqa: PTH105 - see above


def remove(path: str) -> None:
    """Take the file away: this daemon has ended.

    Args:
        path: of the file; it need not be there.
    """
    with contextlib.suppress(OSError):
        os.unlink(path)  # noqa: PTH108 - see above


def document(
    at_s: int, boottime_ns: int, boot_id: str, tick_s: int, facts: Mapping[str, Any]
) -> dict[str, Any]:
    """Put together what is written.

    Args:
        at_s: UTC second of the tick.
        boottime_ns: CLOCK_BOOTTIME of the tick: tells how old the file is.
        boot_id: of the boot that clock belongs to.
        tick_s: when the next one is due, in seconds.
        facts: `plans` and `alerts`, and whatever else is known.

    Returns:
        Values for JSON.
    """
    return {
        "version": VERSION,
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at_s)),
        "boottime_ns": boottime_ns,
        "boot_id": boot_id,
        "tick_s": tick_s,
        "plans": [],
        "alerts": [],
        **facts,
    }


def read(path: str) -> dict[str, Any]:
    """Read what a running daemon wrote.

    Args:
        path: of the file.

    Returns:
        Its document, at most three ticks old.

    Raises:
        StatusStaleError: there is no such file, it was left by a daemon that has ended
            or hangs, or it cannot be understood.
    """
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - see above
            found: dict[str, Any] = json.loads(file.read(_LARGEST_BYTES))
        _refuse_another_version(path, found["version"])
        _refuse_stale(found)
    except FileNotFoundError:
        sentence = f"no daemon is running. {_START}"
        raise StatusStaleError(sentence, was_here=False) from None
    except OSError as error:
        raise StatusStaleError(f"{path}: {error.strerror}.") from error
    except (ValueError, TypeError, LookupError) as error:
        raise StatusStaleError(
            f"{path}: this is no status file of esimmon. {_START}"
        ) from error
    return found


def age_s(found: Mapping[str, Any]) -> int:
    """How old a document is, whatever was done to the clock.

    Args:
        found: of this boot.

    Returns:
        Seconds since the tick it was written at.
    """
    now_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    return (now_ns - int(found["boottime_ns"])) // _NS_PER_S


def _refuse_another_version(path: str, version: object) -> None:
    if version != VERSION:
        raise StatusStaleError(
            f"{path}: the daemon is of another version than this command. Restart it: "
            "systemctl restart esimmon"
        )


def _refuse_stale(found: Mapping[str, Any]) -> None:
    with open(_BOOT_ID, encoding="ascii") as file:  # noqa: PTH123 - see above
        if found["boot_id"] != file.read().strip():
            raise StatusStaleError(f"no daemon has run since the last boot. {_START}")
    tick_s, old_s = int(found["tick_s"]), age_s(found)
    if not 0 <= old_s <= STALE_TICKS * tick_s:
        raise StatusStaleError(
            f"the daemon last wrote {old_s} s ago (it should every {tick_s} s): it was "
            f"killed, or hangs. {_START}, or look at: systemctl status esimmon"
        )
    if not isinstance(found["plans"], list) or not isinstance(found["alerts"], list):
        raise TypeError("plans and alerts are lists")
