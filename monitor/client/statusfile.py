"""The daemon's word on how things stand: two small JSON files beside its socket.

How the plans stand, and the alerts that hold, any local user may know. What names
programs, networks and members is in the other file, for the group: it is usage of
others.

It is there for what is asked often, such as a status bar: reading it needs no daemon,
no database and hardly an import (this module has only what the file needs; paths are
text, because pathlib alone would cost a quarter of the budget of `esimmon status`).
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import time

from monitor.errors import StatusStaleError

TYPE_CHECKING = False  # `typing` would cost as much as all the rest
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

VERSION = 1
STALE_TICKS = 3
_BOOT_ID = "/proc/sys/kernel/random/boot_id"
_PIDS = "/proc/self/ns/pid"  # in another one, a number is another process's
_NS_PER_S = 1_000_000_000
_MODE = 0o644  # any local user may know how the plans stand
_DETAILS_MODE = 0o640
_DETAILS = ("networks", "last_hour", "totals")
_OF_PLANS = ("networks", "members")
_GROUP = "esimmon"
_ANEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
_LARGEST_BYTES = 1_000_000
_SENSELESS = (
    *(ValueError, TypeError, LookupError, AttributeError, ArithmeticError),
    RecursionError,
)
_START = "Start counting with: esimmon run"


def status_path(socket_path: str | os.PathLike[str]) -> str:
    """Where the status file of a daemon is.

    Args:
        socket_path: the daemon's control socket.

    Returns:
        A file beside it, of the same name.
    """
    return f"{os.path.splitext(os.fspath(socket_path))[0]}.json"  # noqa: PTH122 - see above


def details_path(path: str) -> str:
    """Where the rest of a status file is, which is for the group.

    Args:
        path: of the status file.
    """
    return f"{os.path.splitext(path)[0]}.details"  # noqa: PTH122 - see above


def write(path: str, document: Mapping[str, Any], before: bytes = b"") -> bytes:
    """Replace the status file, so that a reader sees the old one or the new one.

    Args:
        path: in a directory where only the daemon may write.
        document: with `version`, `at`, `boot_id`, `boottime_ns` and `tick_s`.
        before: what the last call returned. What is for the group has no time in it:
            while nothing moves, it stays as it is.

    Returns:
        What is for the group, as it is in its file; empty without that.

    Raises:
        OSError: it cannot be written.
    """
    shown, details = _parted(document)
    content = b""
    if details:
        content = _packed(details | {"boot_id": document["boot_id"]})
        its_path = details_path(path)
        if content != before or not os.path.exists(its_path):  # noqa: PTH110 - see above
            _replace(its_path, content, _DETAILS_MODE)
    _replace(path, _packed(shown), _MODE)
    return content


def _packed(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document).encode()


def _parted(document: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What everybody may know, and what the group may."""
    shown = {name: found for name, found in document.items() if name not in _DETAILS}
    details = {name: document[name] for name in _DETAILS if name in document}
    if "totals" in details:
        shown["totals"] = _by_interface(details["totals"])
    of_plans = {
        plan["id"]: {name: plan[name] for name in _OF_PLANS if name in plan}
        for plan in document["plans"]
    }
    if any(of_plans.values()):
        details["of_plans"] = of_plans
        shown["plans"] = [
            plan | {name: type(plan[name])() for name in _OF_PLANS if name in plan}
            for plan in document["plans"]
        ]
    return shown, details


def _by_interface(totals: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The sums of each interface: which networks they are of is not for all."""
    found: dict[str, dict[str, Any]] = {}
    for each in totals:
        device = each["interface"]
        total = found.setdefault(device, {"interface": device, "network": ""})
        for name in each.keys() - {"interface", "network"}:
            total[name] = total.get(name, 0) + each[name]
    return list(found.values())


def _replace(path: str, content: bytes, mode: int) -> None:
    made = f"{path}.new"
    try:
        descriptor = os.open(made, _ANEW, mode & 0o600)
    except FileExistsError:  # left by a kill, perhaps with another owner
        with contextlib.suppress(OSError):
            os.unlink(made)  # noqa: PTH108 - see above
        descriptor = os.open(made, _ANEW, mode & 0o600)
    try:
        if not mode & 0o007:
            _give_to_group(descriptor)
        os.fchmod(descriptor, mode)  # whatever the umask
        if os.write(descriptor, content) < len(content):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), made)
    finally:
        os.close(descriptor)
    # Not on disk before it is in place: after a power cut it would be stale anyway.
    os.replace(made, path)  # noqa: PTH105 - see above


def _give_to_group(descriptor: int) -> None:
    """Root's file is for the group as well; the service's is so by itself."""
    if os.geteuid() == 0:
        import grp  # noqa: PLC0415 - only who writes needs it

        with contextlib.suppress(KeyError):  # no such group here: root keeps it
            os.fchown(descriptor, -1, grp.getgrnam(_GROUP).gr_gid)


def remove(path: str) -> None:
    """Take the file away: this daemon has ended.

    Args:
        path: of the file; it need not be there.
    """
    for each in (path, details_path(path)):
        with contextlib.suppress(OSError):
            os.unlink(each)  # noqa: PTH108 - see above


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
        "pid": os.getpid(),
        "pid_ns": _pid_namespace(),
        "plans": [],
        "alerts": [],
        **facts,
    }


def _pid_namespace() -> int:
    """Inode number of this process's PID namespace; 0 where that cannot be seen."""
    try:
        return os.stat(_PIDS).st_ino  # noqa: PTH116 - see above
    except OSError:
        return 0


def read(path: str) -> dict[str, Any]:
    """Read what a running daemon wrote.

    Args:
        path: of the file.

    Returns:
        Its document, at most three ticks old, of a daemon that was not killed since;
        without what is for the group, where this user is not in it.

    Raises:
        StatusStaleError: there is no such file, it was left by a daemon that has ended
            or hangs, or it cannot be understood.
    """
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - see above
            found: dict[str, Any] = json.loads(file.read(_LARGEST_BYTES))
        _refuse_another_version(path, found["version"])
        _refuse_stale(found)
        _refuse_killed(found)
        _add_details(path, found)
    except FileNotFoundError:
        sentence = f"no daemon is running. {_START}"
        raise StatusStaleError(sentence, was_here=False) from None
    except OSError as error:
        raise StatusStaleError(f"{path}: {error.strerror}.") from error
    except _SENSELESS as error:
        raise StatusStaleError(
            f"{path}: this is no status file of esimmon. {_START}"
        ) from error
    return found


@contextlib.contextmanager
def understood() -> Iterator[None]:
    """For who shows a document, of which `read` looks at the outside only.

    Raises:
        StatusStaleError: a plan or an alert in it is none.
    """
    try:
        yield
    except _SENSELESS as error:
        sentence = f"the status makes no sense ({error!r:.80}). {_START}"
        raise StatusStaleError(sentence) from error


def _add_details(path: str, found: dict[str, Any]) -> None:
    """Add what is for the group, as far as it is there for this user."""
    try:
        with open(details_path(path), "rb") as file:  # noqa: PTH123 - see above
            details: Any = json.loads(file.read(_LARGEST_BYTES))
    except (OSError, ValueError, RecursionError):
        return
    boot_id = details.pop("boot_id", "") if type(details) is dict else ""
    if boot_id != found["boot_id"]:
        return
    of_plans = details.pop("of_plans", {})
    found |= details
    found["plans"] = [plan | of_plans.get(plan["id"], {}) for plan in found["plans"]]


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
    _refuse_nonsense(found)


def _refuse_killed(found: Mapping[str, Any]) -> None:
    """A clean end removes the file; a kill leaves it, however fresh it looks."""
    pid, pid_ns = int(found.get("pid", 0)), found.get("pid_ns", 0)
    if pid <= 0 or not pid_ns or pid_ns != _pid_namespace():
        return  # of a container, perhaps: nobody here knows whether it lives
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        raise StatusStaleError(
            f"the daemon was killed: it last wrote {age_s(found)} s ago. {_START}, or "
            "look at: systemctl status esimmon"
        ) from None
    except PermissionError:  # it lives, and is another user's
        pass


def _refuse_nonsense(found: Mapping[str, Any]) -> None:
    if not isinstance(found["plans"], list) or not isinstance(found["alerts"], list):
        raise TypeError("plans and alerts are lists")
