"""What one user has seen of one daemon's alerts, and who may show them."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import logging
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from monitor.closing import Closing
from monitor.errors import AgentRunningError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import IO

_MOST_KEPT: Final = 200
_DIGITS: Final = 16

log = logging.getLogger("esimmon")


def memory_path(
    socket_path: Path, environ: Mapping[str, str], way: str = "notify"
) -> Path:
    """Where an agent remembers what it showed of one daemon's alerts.

    Args:
        socket_path: of the daemon.
        environ: the environment (`XDG_STATE_HOME`, `HOME`).
        way: by which it shows them: each has a memory of its own.
    """
    digest = hashlib.sha256(os.fsencode(socket_path.absolute())).hexdigest()
    state = environ.get("XDG_STATE_HOME", "")
    base = Path(state) if state.startswith("/") else Path.home() / ".local/state"
    return base / "esimmon" / f"{way}-{digest[:_DIGITS]}.json"


class Memory(Closing):
    """Alerts that were shown; its file's lock lets only one agent show them.

    The file is written in place, because the lock goes with it: one that a power cut
    left half written means that alerts are shown again.
    """

    def __init__(self, path: Path) -> None:
        """Open the file, and read what was shown.

        Args:
            path: made if need be; where that fails, nothing outlives this process.

        Raises:
            AgentRunningError: another process holds it.
        """
        self._file = _opened(path)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            raise AgentRunningError(
                "it runs already for this user and daemon."
            ) from error
        self._file.seek(0)
        try:
            kept = json.load(self._file)
        except ValueError:  # new, or cut short
            kept = []
        self._seen = dict.fromkeys(map(str, kept if isinstance(kept, list) else []))

    def __contains__(self, handle: str) -> bool:
        return handle in self._seen

    def add(self, handle: str) -> None:
        """Remember an alert; the oldest ones are forgotten."""
        self._seen[handle] = None
        self._seen = dict.fromkeys(list(self._seen)[-_MOST_KEPT:])
        with contextlib.suppress(OSError):  # a full disk: shown again at worst
            self._file.seek(0)
            self._file.truncate()
            json.dump(list(self._seen), self._file)
            self._file.flush()

    def close(self) -> None:
        """Let go of the lock."""
        self._file.close()


def _opened(path: Path) -> IO[str]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return path.open("a+", encoding="utf-8")
    except OSError as error:
        log.warning("%s: %s. Alerts may be shown again.", path, error.strerror)
        return tempfile.TemporaryFile("w+", encoding="utf-8")
