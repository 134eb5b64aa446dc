"""Running a piece of a test elsewhere: another process, another user, other mounts.

What fails there fails the test.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import traceback
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_CLONE_NEWNS = 0x0002_0000
_NOBODY = 65_534


def run_child(work: Callable[[], None]) -> int:
    """Run in a forked process that never comes back here; its wait status."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            work()
            status = 0
        except BaseException:  # noqa: BLE001 - whatever it is, the parent must hear of it
            traceback.print_exc()
        finally:
            os._exit(status)
    _, wait_status = os.waitpid(pid, 0)
    return wait_status


def in_child(work: Callable[[], None]) -> None:
    """Run in a forked process; what fails there fails here."""
    code = os.waitstatus_to_exitcode(run_child(work))
    assert code == 0, f"the child ended with {code}; see its traceback"


def killed_in(work: Callable[[], None]) -> bool:
    """Run in a forked process; whether SIGKILL ended it."""
    status = run_child(work)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def as_nobody(work: Callable[[], None], gid: int = _NOBODY) -> None:
    """Run as a user that owns nothing, in one group; needs root."""

    def become() -> None:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(_NOBODY)
        work()

    in_child(become)


def with_mounts(work: Callable[[], None]) -> None:
    """Run where mounts can be made that nobody else sees; needs root."""

    def isolated() -> None:
        assert ctypes.CDLL(None).unshare(_CLONE_NEWNS) == 0
        mount("--make-rprivate", "/")
        work()

    in_child(isolated)


def mount(*arguments: str | Path) -> None:
    """Mount something; inside `with_mounts` only."""
    subprocess.run(["mount", *map(str, arguments)], check=True)
