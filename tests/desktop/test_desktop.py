"""Notifications by plyer on a real notification daemon, and every way to fail.

The first way of the two is in `test_freedesktop`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from monitor.errors import NotShownError
from monitor.notifiers import bus
from monitor.notifiers.desktop import Desktop, Plyer
from monitor.notifiers.desktop import session_bus as session_bus_address
from monitor.notifiers.notice import Notice
from tests.desktop.stack import desktop, session_bus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.desktop.stack import Desktop as Stack

pytestmark = [
    pytest.mark.desktop,
    pytest.mark.needs(
        "Xvfb",
        "dunst",
        "dunstctl",
        "dbus-daemon",
        "dbus-send",
        "import",
        "notify-send",
    ),
]


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """A desktop, and this process on it."""
    with desktop(tmp_path) as stack:
        for name in ("DBUS_SESSION_BUS_ADDRESS", "DISPLAY"):
            monkeypatch.setenv(name, stack.environ[name])
        yield stack


def by_plyer(title: str, body: str, plyer: Plyer | None = None) -> str:
    """Show it by plyer, wherever this process is; what it says."""
    address = session_bus_address(os.environ)
    assert address is not None
    with bus.connected(address) as connection:
        server = bus.find_server(connection)
    return (plyer or Plyer()).show(address, server, Notice(title, body))


def test_a_notification_is_on_the_screen(stack: Stack, tmp_path: Path) -> None:
    before = stack.screenshot(tmp_path / "before.png")
    shown = by_plyer("Plan wwan: 80 % used", "1.00 GB left.\nWho used it.")
    assert shown.startswith("plyer (notify-send), dunst ")
    time.sleep(0.3)  # the window is drawn after the answer
    after = stack.screenshot(tmp_path / "after.png")
    different = sum(a != b for a, b in zip(before, after, strict=True))
    assert different > 10_000
    assert stack.shown() == [("Plan wwan: 80 % used", "1.00 GB left.\nWho used it.")]


@pytest.mark.parametrize(
    ("title", "body", "expected"),
    [
        ("-5% left", "--version", ("\u200b-5% left", "\u200b--version")),
        ("--help", "-u", ("\u200b--help", "\u200b-u")),
        ("a <b>&amp;", "<i>x</i> & y", ("a <b>&amp;", "&lt;i&gt;x&lt;/i&gt; &amp; y")),
        ("\x1b[31m\udcff", "a\x07\n\u202eb", ("\\x1b[31m\\xff", "a\\x07\n\\u202eb")),
        ("C:\\new\\377", "\\n \\377 \\x41", ("C:\\new\\377", "\\n \\377 \\x41")),
        ("x", "", ("x", "")),
        ("Größe 数据", "5 € «ok»", ("Größe 数据", "5 € «ok»")),
    ],
)
def test_hostile_texts_arrive_as_they_were_meant(
    stack: Stack, title: str, body: str, expected: tuple[str, str]
) -> None:
    by_plyer(title, body)
    assert stack.shown() == [expected]


def test_endless_texts_arrive_cut(stack: Stack) -> None:
    by_plyer("t" * 300_000, "b" * 300_000)
    ((title, body),) = stack.shown()
    assert (len(title), len(body)) == (123, 1003)


def test_a_directory_that_looks_like_a_flatpak_does_not_mislead(
    stack: Stack, tmp_path: Path
) -> None:
    false_app = tmp_path / "app"
    false_app.mkdir()
    by_plyer("title", "body", Plyer(false_app, tmp_path / ".flatpak-info"))
    assert stack.shown() == [("title", "body")]


def test_a_backend_that_fails_in_silence_is_noticed(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "notify-send"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    silent = "notify-send said nothing, but nothing arrived at dunst"
    with pytest.raises(NotShownError, match=silent):
        by_plyer("title", "body")
    assert stack.shown() == []


# A process of its own: plyer chooses once, and for good.
BY_PLYER = """
from tests.desktop.test_desktop import by_plyer
by_plyer("title", "body")
"""


def test_without_notify_send_it_is_said_what_to_install(
    stack: Stack, tmp_path: Path
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", BY_PLYER],
        env=stack.environ | {"PATH": str(programs), "PYTHONPATH": str(Path.cwd())},
        capture_output=True,
        check=False,
        text=True,
        timeout=20,
    )
    assert done.returncode == 1
    assert "install notify-send (Debian package libnotify-bin)" in done.stderr
    assert "Warning" not in done.stderr
    assert stack.shown() == []


def test_a_notification_daemon_that_hangs_costs_two_seconds_and_is_said(
    stack: Stack,
) -> None:
    stack.dunst.send_signal(signal.SIGSTOP)
    begun_s = time.monotonic()
    with pytest.raises(NotShownError, match="the notification daemon does not answer"):
        Desktop().show(Notice("title", "body"))
    assert time.monotonic() - begun_s < 4
    stack.dunst.send_signal(signal.SIGCONT)
    Desktop().show(Notice("later", "body"))
    assert [title for title, _ in stack.shown()] == ["later"]


def test_a_bus_without_a_notification_daemon_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with session_bus(tmp_path) as (environ, _):
        address = environ["DBUS_SESSION_BUS_ADDRESS"]
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        with pytest.raises(NotShownError, match="no notification daemon runs"):
            Desktop().show(Notice("title", "body"))


def test_a_notification_daemon_that_cannot_start_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = tmp_path / "services"
    services.mkdir()
    (services / "dunst.service").write_text(
        "[D-BUS Service]\nName=org.freedesktop.Notifications\nExec=/bin/false\n"
    )
    with session_bus(tmp_path, services) as (environ, _):
        address = environ["DBUS_SESSION_BUS_ADDRESS"]
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        with pytest.raises(NotShownError, match=r"the notification daemon: .*Spawn"):
            Desktop().show(Notice("title", "body"))


def test_a_bus_that_hangs_costs_a_second_and_is_said(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del stack
    folder = tmp_path / "other"
    folder.mkdir()
    with session_bus(folder) as (environ, process):
        process.send_signal(signal.SIGSTOP)
        address = environ["DBUS_SESSION_BUS_ADDRESS"]
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        begun_s = time.monotonic()
        with pytest.raises(NotShownError, match="the session bus"):
            Desktop().show(Notice("title", "body"))
        assert time.monotonic() - begun_s < 3


def test_alerts_test_says_by_which_way(stack: Stack) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "monitor", "alerts", "test"],
        env=stack.environ,
        capture_output=True,
        check=False,
        text=True,
        timeout=20,
    )
    lines = done.stdout.splitlines()
    assert done.returncode == 1  # for nobody would raise an alert
    assert lines[0] == "daemon: none is running: nobody would raise an alert"
    assert lines[2].startswith("this desktop: shown by dunst ")
    assert done.stderr == ""
    ((title, _),) = stack.shown()
    assert title == "esimmon: this is a test"
