"""A service manager, as far as its file-descriptor store is concerned.

Real datagrams, real descriptors and a fresh exec; what systemd does with them is from
its source, src/core/service.c: `service_add_fd_store` and `service_remove_fd_store`.
"""

from __future__ import annotations

import ctypes
import os
import platform
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST_IN_ONE = 16
_PATIENCE_S = 20
_KCMP = {"x86_64": 312, "aarch64": 272}  # asm/unistd.h
_KCMP_FILE = 0
# Descriptors go to 3 and up, and LISTEN_PID is the pid after exec: so in two steps.
_LAUNCH = """
import fcntl, os, sys
count, *rest = sys.argv[1:]
given, command = rest[:int(count)], rest[int(count):]
high = [fcntl.fcntl(int(fd), fcntl.F_DUPFD, 200) for fd in given]
for at, fd in enumerate(high, 3):
    os.dup2(fd, at)
    os.close(fd)
os.environ["LISTEN_PID"] = str(os.getpid())
os.execvp(command[0], command)
"""


def _is_same_file(one: int, other: int) -> bool:
    own = os.getpid()
    libc = ctypes.CDLL(None, use_errno=True)
    answer = libc.syscall(_KCMP[platform.machine()], own, own, _KCMP_FILE, one, other)
    if answer < 0:
        raise OSError(ctypes.get_errno(), "kcmp")
    return bool(answer == 0)


class Manager:
    """Listens in a thread of its own, as init does.

    Attributes:
        address: for NOTIFY_SOCKET.
        most: FileDescriptorStoreMax=.
        kept: names and descriptors.
    """

    def __init__(self, folder: Path, most: int = 128) -> None:
        self.address = folder / "notify"
        self.most = most
        self.kept: list[tuple[str, int]] = []
        self._started: list[subprocess.Popen[str]] = []
        self._states: list[str] = []
        self._news = threading.Condition()
        self._link = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._link.bind(str(self.address))
        self.address.chmod(0o666)  # the service is another user's
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def _listen(self) -> None:
        while True:
            raw, fds, _, _ = socket.recv_fds(self._link, 4096, _MOST_IN_ONE)
            if raw == b"END":
                return
            states = raw.decode().splitlines()
            names = [
                state.removeprefix("FDNAME=") for state in states if "FDNAME=" in state
            ]
            with self._news:
                if "FDSTOREREMOVE=1" in states:
                    self.remove(names[0])
                for fd in fds:
                    self._add(names[0], fd)
                self._states += states
                self._news.notify_all()

    def _add(self, name: str, fd: int) -> None:
        is_there = any(_is_same_file(fd, other) for _, other in self.kept)
        if is_there or len(self.kept) >= self.most:
            os.close(fd)
        else:
            self.kept.append((name, fd))

    def remove(self, name: str) -> None:
        """Close what is kept under a name."""
        with self._news:
            for kept in [each for each in self.kept if each[0] == name]:
                os.close(kept[1])
                self.kept.remove(kept)

    def rename(self, old: str, new: str) -> None:
        """Change the beginning of all names."""
        with self._news:
            self.kept = [(name.replace(old, new, 1), fd) for name, fd in self.kept]

    def names(self) -> set[str]:
        """The names of all that is kept, when everything sent has arrived."""
        probe = f"X_PROBE={len(self._states)}"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
            link.connect(str(self.address))
            link.send(probe.encode())
        self.wait_for(probe)
        with self._news:
            return {name for name, _ in self.kept}

    def wait_for(self, state: str) -> None:
        """Wait until the service has said something, and forget all it said."""
        with self._news:
            said = self._news.wait_for(lambda: state in self._states, _PATIENCE_S)
            assert said, f"{state} never came"
            self._states.clear()

    def start(
        self,
        command: Sequence[str | Path],
        environ: dict[str, str],
        *,
        pipes: bool = True,
    ) -> subprocess.Popen[str]:
        """Start the service with what is kept.

        What the one before has said is heard first, as systemd does: it looks at its
        notify socket before it looks at who has ended.

        Args:
            command: program and arguments; what it executes keeps its pid.
            environ: its environment; more is added.
            pipes: whether the caller talks with it.
        """
        self.names()
        with self._news:
            kept = list(self.kept)
        more = {"NOTIFY_SOCKET": str(self.address)}
        if kept:
            more["LISTEN_FDS"] = str(len(kept))
            more["LISTEN_FDNAMES"] = ":".join(name for name, _ in kept)
        fds = [fd for _, fd in kept]
        launch = [sys.executable, "-c", _LAUNCH, str(len(fds)), *map(str, fds)]
        pipe = subprocess.PIPE if pipes else subprocess.DEVNULL
        process = subprocess.Popen(
            [*launch, *map(str, command)],
            env=environ | more,
            pass_fds=fds,
            stdin=pipe,
            stdout=pipe,
            text=True,
        )
        self._started.append(process)
        return process

    def numbers(self, kind: str) -> set[int]:
        """The kernel's numbers of what is kept.

        Args:
            kind: `link`, `map`, or `prog` for the programs of the links.
        """
        with self._news:
            shown = [
                Path(f"/proc/self/fdinfo/{fd}").read_text(encoding="ascii")
                for _, fd in self.kept
            ]
        lines = (line.split() for text in shown for line in text.splitlines())
        return {int(line[1]) for line in lines if line[0] == f"{kind}_id:"}

    def forget(self) -> None:
        """Drop all, as when a service is stopped."""
        with self._news:
            for name, _ in list(self.kept):
                self.remove(name)

    def close(self) -> None:
        """End what was started, and go away."""
        for process in self._started:
            process.kill()
            process.communicate()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
            link.connect(str(self.address))
            link.send(b"END")
        self._thread.join()
        self._link.close()
        self.forget()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
