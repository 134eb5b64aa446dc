"""Runs the tools of the system; the one module of the program that runs any.

systemd, sysusers and the user database have no other door that works everywhere:
systemctl also does what the manager does not (links in /etc), usermod knows the locks
of the user database. Each has a deadline, no input, and the C locale.
"""

from __future__ import annotations

import os
import subprocess  # noqa: TID251 - see above; never in the daemon
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

DEADLINE_S: Final = 30.0
_NOT_FOUND: Final = 127  # as shells say it
_TIMED_OUT: Final = 124  # as timeout(1) says it
# sudo and plain users may lack the folders of the system's tools.
_MORE_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Done(NamedTuple):
    """What came of a command.

    Attributes:
        status: its exit status; 0 for fine.
        output: what it wrote.
        complaint: what it wrote to standard error, or why it did not run.
    """

    status: int
    output: str
    complaint: str


def run(words: Sequence[str], deadline_s: float = DEADLINE_S) -> Done:
    """Run a command, and wait for it.

    Args:
        words: program and arguments.
        deadline_s: seconds until it is killed.

    Returns:
        What came of it, also when there is no such program.
    """
    path = f"{os.environ.get('PATH', '')}:{_MORE_PATH}".lstrip(":")
    environ = {**os.environ, "PATH": path, "LC_ALL": "C.UTF-8", "SYSTEMD_PAGER": ""}
    try:
        done = subprocess.run(  # noqa: S603 - words of ours, no shell
            words,
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="backslashreplace",
            env=environ,
            timeout=deadline_s,
        )
    except subprocess.TimeoutExpired:
        return Done(_TIMED_OUT, "", f"no answer in {deadline_s:g} s")
    except OSError as error:
        return Done(_NOT_FOUND, "", error.strerror or str(error))
    return Done(done.returncode, done.stdout, done.stderr.strip())
