"""A desktop of its own: an X server without a screen, a session bus, dunst."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

# The session's own configuration would start any installed daemon by itself.
_BUS = """<!DOCTYPE busconfig PUBLIC
 "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={socket}</listen>
  {services}
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""

_DUNST = """[global]
    width = 700
    offset = 20x20
    font = DejaVu Sans 12
    format = "<b>%s</b>\\n%b"
    markup = full
    word_wrap = true
    notification_limit = 0
    dmenu = {menu}
[every]
    summary = "*"
    script = {heard}
"""

# What a notification daemon was told beside the words, a line for each that it showed.
_HEARD = """#!/bin/sh
words="$DUNST_URGENCY $DUNST_ID $DUNST_PROGRESS $DUNST_CATEGORY $DUNST_STACK_TAG"
printf '%s\\n' "$words" >> {told}
"""

# What a person chooses: the line with the label that a file has.
_MENU = """#!/bin/sh
exec grep -m 1 "^#$(cat {choice}) "
"""


@contextmanager
def started(command: list[str], **options: Any) -> Iterator[subprocess.Popen[bytes]]:  # noqa: ANN401 - Popen's own
    """A program, ended with the block, also when it was stopped."""
    with subprocess.Popen(command, **options) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGCONT)
            process.kill()


def wait_for(condition: Callable[[], Any], what: str, within_s: float = 10.0) -> Any:  # noqa: ANN401 - whatever it gives
    """The first true answer."""
    end_s = time.monotonic() + within_s
    while not (found := condition()):
        if time.monotonic() > end_s:
            raise AssertionError(f"waited {within_s:g} s for {what}")
        time.sleep(0.02)
    return found


class Bus(NamedTuple):
    """A session bus, and the environment of its programs."""

    environ: dict[str, str]
    process: subprocess.Popen[bytes]


@contextmanager
def session_bus(
    folder: Path, services: Path | None = None, user: int | None = None
) -> Iterator[Bus]:
    """A session bus on which nobody is.

    Args:
        folder: where its socket is made.
        services: folder of what it may start.
        user: whose it is.
    """
    path, configuration = folder / "bus", folder / "bus.conf"
    directory = f"<servicedir>{services}</servicedir>" if services else ""
    configuration.write_text(_BUS.format(socket=path, services=directory))
    command = ["dbus-daemon", f"--config-file={configuration}", "--nofork"]
    with started(command, stderr=subprocess.DEVNULL, user=user) as process:
        wait_for(lambda: _accepts(path), "the session bus")
        address = {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={path}"}
        yield Bus(os.environ | address, process)


def _accepts(path: Path) -> bool:
    """Whether somebody listens: the file is there a moment before."""
    with socket.socket(socket.AF_UNIX) as link:
        return link.connect_ex(str(path)) == 0


@contextmanager
def screen() -> Iterator[str]:
    """An X server; yields its DISPLAY."""
    ready, theirs = os.pipe()
    command = ["Xvfb", "-displayfd", str(theirs), "-screen", "0", "900x400x24"]
    with started(
        [*command, "-nolisten", "tcp"], pass_fds=[theirs], stderr=subprocess.DEVNULL
    ):
        os.close(theirs)
        with os.fdopen(ready) as lines:
            yield f":{lines.readline().strip()}"


class Desktop:
    """What a person would look at."""

    def __init__(
        self,
        environ: dict[str, str],
        dunst: subprocess.Popen[bytes],
        user: int | None,
        folder: Path,
    ) -> None:
        """A desktop whose programs have this environment, user and folder."""
        self.environ = environ
        self.dunst = dunst
        self._folder = folder
        self._choice = folder / "choice"
        self._told = folder / "told"
        self._user = user

    @property
    def session(self) -> dict[str, str]:
        """What a program needs of the environment to find it."""
        names = ("DBUS_SESSION_BUS_ADDRESS", "DISPLAY")
        return {name: self.environ[name] for name in names}

    def shown(self) -> list[tuple[str, str]]:
        """Title and body of each notification so far, oldest first."""
        self._dunstctl("close-all")
        history = json.loads(self._dunstctl("history"))
        return [
            (each["summary"]["data"], each["body"]["data"])
            for each in reversed(history["data"][0])
        ]

    @contextmanager
    def another_dunst(self) -> Iterator[None]:
        """One that is started after the first was killed."""
        with _dunst(self.environ, self._folder, self._user):
            yield

    def told(self, count: int) -> list[list[str]]:
        """Urgency, number, progress, category and stack tag of each, oldest first.

        Args:
            count: how many to wait for.
        """
        wait_for(lambda: len(self._lines()) >= count, f"{count} notifications")
        return [line.split() for line in self._lines()]

    def _lines(self) -> list[str]:
        return self._told.read_text().splitlines() if self._told.exists() else []

    def click(self, label: str) -> None:
        """Choose a button in the menu that dunst makes of all buttons it shows.

        Args:
            label: what is on it.
        """
        wait_for(self.displayed, "the notification")
        self._choice.write_text(label)
        self._dunstctl("context")

    def displayed(self) -> int:
        """How many are on the screen."""
        return int(self._dunstctl("count", "displayed"))

    def _dunstctl(self, *words: str) -> bytes:
        command = ["dunstctl", *words]
        done = subprocess.run(
            command,
            env=self.environ,
            user=self._user,
            check=True,
            capture_output=True,
            timeout=10,
        )
        return done.stdout

    def screenshot(self, path: Path) -> bytes:
        """Save what is on the screen as PNG; its pixels."""
        command = ["import", "-silent", "-window", "root", str(path)]
        subprocess.run(command, env=self.environ, check=True, timeout=10)
        command = ["convert", str(path), "gray:-"]
        return subprocess.run(command, check=True, capture_output=True).stdout


@contextmanager
def desktop(folder: Path, user: int | None = None) -> Iterator[Desktop]:
    """A bus, a screen and dunst, ready to show notifications.

    Args:
        folder: where its files are; that user must be able to write there.
        user: whose desktop it is.
    """
    menu = folder / "menu"
    menu.write_text(_MENU.format(choice=folder / "choice"))
    menu.chmod(0o755)
    heard = folder / "heard"
    heard.write_text(_HEARD.format(told=folder / "told"))
    heard.chmod(0o755)
    (folder / "dunstrc").write_text(_DUNST.format(menu=menu, heard=heard))
    with session_bus(folder, user=user) as (environ, _), screen() as display:
        environ["DISPLAY"] = display
        with _dunst(environ, folder, user) as dunst:
            yield Desktop(environ, dunst, user, folder)


@contextmanager
def _dunst(
    environ: dict[str, str], folder: Path, user: int | None
) -> Iterator[subprocess.Popen[bytes]]:
    command = ["dunst", "-conf", str(folder / "dunstrc")]
    quiet = {"env": environ, "stderr": subprocess.DEVNULL, "user": user}
    with started(command, **quiet) as dunst:
        wait_for(lambda: _owns_name(environ, user), "dunst")
        yield dunst


def _owns_name(environ: Mapping[str, str], user: int | None) -> bool:
    command = ["dbus-send", "--session", "--print-reply"]
    command += ["--dest=org.freedesktop.DBus", "/", "org.freedesktop.DBus.NameHasOwner"]
    command.append("string:org.freedesktop.Notifications")
    done = subprocess.run(
        command, env=environ, user=user, check=False, capture_output=True
    )
    return b"true" in done.stdout
