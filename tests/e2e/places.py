"""Where programs of a test run: network, mounts, user and environment of their own."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import sysconfig
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from tests.namespaces import Namespace

CHECKOUT = Path(__file__).parents[2]
NOBODY = 65534

_STOP_S = 10


@dataclass(frozen=True, slots=True)
class Place:
    """Where a program runs.

    Attributes:
        enter: words before its command that bring it there.
        environ: its whole environment.
        python: the interpreter.
        uid: the user.
    """

    enter: tuple[str, ...] = ()
    environ: dict[str, str] = field(default_factory=dict)
    python: str = sys.executable
    uid: int = 0

    def inside(self, *words: str) -> Self:
        """The same place, but for what these words change.

        Args:
            words: such as `setpriv` with its options; a command follows them.
        """
        return replace(self, enter=(*self.enter, *words))

    def behind(self, mounts: Mounts) -> Self:
        """The same place with other mounts.

        Args:
            mounts: alive as long as programs run there.
        """
        return self.inside(*mounts.enter)

    def given(self, **environ: str) -> Self:
        """The same place with more in its environment.

        Args:
            environ: variables.
        """
        return replace(self, environ=self.environ | environ)


def root_in(namespace: Namespace) -> Place:
    """Root with the network of a namespace.

    Args:
        namespace: of the lab.
    """
    environ = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    return Place(("nsenter", f"--net={namespace.path}", "--"), environ)


class Mounts:
    """A mount namespace of one's own; nothing in it is seen outside.

    Attributes:
        enter: words before a command that bring it there.
    """

    def __init__(self, *commands: str) -> None:
        """Make the mounts.

        Args:
            commands: lines of shell; they run in the new namespace.

        Raises:
            RuntimeError: one of them failed.
        """
        script = "\n".join([*commands, "echo ready", "exec cat"])
        # The namespace lives as long as this process, which waits for its input to end.
        self._keeper = subprocess.Popen(
            ["unshare", "--mount", "sh", "-euc", script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        if not self._keeper.stdout or self._keeper.stdout.readline() != "ready\n":
            self.close()
            raise RuntimeError(f"mounts could not be made: {script}")
        namespace = f"--mount=/proc/{self._keeper.pid}/ns/mnt"
        self.enter = ("nsenter", namespace, "--")

    def run(self, *command: str) -> None:
        """Run a command with these mounts; it must succeed.

        Args:
            command: program and arguments.
        """
        subprocess.run([*self.enter, *command], check=True)

    def path(self, path: str) -> Path:
        """Where a path in it can be reached from outside.

        Args:
            path: absolute.
        """
        return Path(f"/proc/{self._keeper.pid}/root{path}")

    def close(self) -> None:
        """Let the namespace go when the last program in it has ended."""
        self._keeper.communicate(timeout=_STOP_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def readable_copy(folder: Path) -> tuple[str, ...]:
    """Commands for `Mounts` that show a plain user the program and its interpreter.

    The checkout or the interpreter may lie in a home that only its owner may enter.

    Args:
        folder: that the user may enter.
    """
    shown = {"checkout": CHECKOUT, "base": sys.base_prefix, "site": _site_packages()}
    return tuple(
        line
        for name, source in shown.items()
        for line in (
            f"mkdir -p '{folder}/{name}'",
            f"mount --bind '{source}' '{folder}/{name}'",
        )
    )


def plain_user(
    namespace: Namespace, folder: Path, mounts: Mounts, *, gid: int = NOBODY
) -> Place:
    """Somebody without any privilege, with a home of his own.

    Args:
        namespace: of the lab.
        folder: that this user may enter.
        mounts: with a `readable_copy` in that folder.
        gid: the only group.
    """
    home = folder / "home"
    for name in ("config", "state", "runtime"):
        (home / name).mkdir(parents=True, exist_ok=True, mode=0o700)
    for path in (home, *home.iterdir()):
        os.chown(path, NOBODY, NOBODY)
    program = (
        Path(sys.executable).resolve().relative_to(Path(sys.base_prefix).resolve())
    )
    environ = {
        "PATH": os.environ["PATH"],
        "LC_ALL": "C.UTF-8",
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_STATE_HOME": str(home / "state"),
        "XDG_RUNTIME_DIR": str(home / "runtime"),
        "PYTHONPATH": f"{folder}/checkout:{folder}/site",
        # An interpreter with a shared library looks for it where it was installed.
        "LD_LIBRARY_PATH": f"{folder}/base/lib",
    }
    become = ("setpriv", f"--reuid={NOBODY}", f"--regid={gid}", "--clear-groups", "--")
    return Place(
        ("nsenter", f"--net={namespace.path}", "--", *mounts.enter, *become),
        environ,
        f"{folder}/base/{program}",
        NOBODY,
    )


def _site_packages() -> str:
    return sysconfig.get_path("purelib")


def without_libbpf() -> str:
    """A command for `Mounts` that makes libbpf a file that is no library."""
    return f"mount --bind /dev/null '{_library('libbpf.so.1')}'"


def _library(name: str) -> str:
    """Where the dynamic loader finds a library."""
    ctypes.CDLL(name)
    maps = Path("/proc/self/maps").read_text(encoding="utf-8").splitlines()
    return next(line.split()[-1] for line in maps if name in line)
