"""How the commands that mend something are spelt on this machine."""

from __future__ import annotations

import shlex
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# Package managers in the order in which they are looked for, with the packages that
# hold: the library of eBPF, the program notify-send, a notification daemon.
INSTALLERS: Final = {
    "apt-get": ("apt-get install -y", "libbpf1", "libnotify-bin", "dunst"),
    "dnf": ("dnf install -y", "libbpf", "libnotify", "dunst"),
    "pacman": ("pacman -S --noconfirm", "libbpf", "libnotify", "dunst"),
    "zypper": ("zypper install -y", "libbpf1", "libnotify-tools", "dunst"),
}
# Where sudo looks, too.
_USUAL: Final = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin")
_USUAL_PATH: Final = ":".join(_USUAL)
_COLUMN: Final = {"libbpf": 1, "notify-send": 2, "notifications": 3}


def called_as(argv0: str) -> str:
    """How this program can be called again, also by sudo with a PATH of its own.

    Args:
        argv0: how it was called.

    Returns:
        Words for a shell.
    """
    path = Path(argv0).absolute()
    if path.name != "esimmon":
        return f"{shlex.quote(sys.executable)} -m monitor"
    usual = str(path.parent) in _USUAL or shutil.which("esimmon", path=_USUAL_PATH)
    return "esimmon" if usual else shlex.quote(str(path))


@dataclass(frozen=True, slots=True)
class Remedies:
    """What is known of this machine and user.

    Attributes:
        program: how a person calls esimmon, as a shell reads it.
        is_root: no `sudo` is needed.
        user: login name of the person.
        installer: a key of `INSTALLERS`; empty where none is known.
        has_systemd: whether it is what runs services here.
    """

    program: str = "esimmon"
    is_root: bool = False
    user: str = ""
    installer: str = ""
    has_systemd: bool = True

    def as_root(self, command: str) -> str:
        """A command with `sudo`, where that is needed."""
        return command if self.is_root else f"sudo {command}"

    def call(self, words: str, *, root: bool = False) -> str:
        """A call of esimmon.

        Args:
            words: the command and its options.
            root: whether only root may.
        """
        command = f"{self.program} {words}"
        return self.as_root(command) if root else command

    def run(self, store: Path | None = None, *, root: bool = False) -> str:
        """Start counting.

        Args:
            store: the database; None for the usual one.
            root: whether only root may.
        """
        option = f" --store {shlex.quote(str(store))}" if store else ""
        return self.call(f"run{option}", root=root)

    def install(self, what: str) -> str:
        """Install a package; empty where the package manager is not known.

        Args:
            what: `libbpf`, `notify-send` or `notifications`.
        """
        if not self.installer:
            return ""
        packages = INSTALLERS[self.installer]
        return self.as_root(f"{packages[0]} {packages[_COLUMN[what]]}")

    def service(self, verb: str) -> str:
        """A command for the system's service; `run` where systemd is not in charge."""
        if not self.has_systemd:
            return self.run(root=True)
        return self.as_root(f"systemctl {verb} esimmon")
