"""What is said when there is no desktop; the real one is in tests/desktop."""

from __future__ import annotations

import os
import socket
import time
from typing import TYPE_CHECKING

import pytest

from monitor.errors import NotShownError
from monitor.notifiers.desktop import Desktop, bus_owner, has_desktop, session_bus
from monitor.notifiers.notice import Notice
from monitor.notifiers.wording import body_of, title_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _no_session(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)


def test_without_a_bus_nothing_is_tried_and_the_reason_is_said() -> None:
    with pytest.raises(NotShownError, match="there is no session bus"):
        Desktop().show(Notice("title", "body"))


def test_a_bus_that_is_gone_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/gone")
    with pytest.raises(NotShownError, match=r"the session bus unix:path=.*gone: .*No "):
        Desktop().show(Notice("title", "body"))


@pytest.mark.parametrize("address", ["nonsense", "tcp:host=localhost,port=1", "unix:"])
def test_an_address_that_makes_no_sense_is_a_reason(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    with pytest.raises(NotShownError, match="the session bus"):
        Desktop().show(Notice("title", "body"))


def test_a_bus_that_accepts_and_never_answers_costs_about_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "bus"))
        listener.listen()
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
        begun_s = time.monotonic()
        with pytest.raises(NotShownError, match="Did not authenticate"):
            Desktop().show(Notice("title", "body"))
        assert time.monotonic() - begun_s < 3


def test_the_bus_is_where_the_environment_says_or_where_logind_puts_it(
    tmp_path: Path,
) -> None:
    runtime = {"XDG_RUNTIME_DIR": str(tmp_path)}
    assert session_bus(runtime) is None
    assert session_bus({"XDG_RUNTIME_DIR": "relative"}) is None
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "bus"))
        assert session_bus(runtime) == f"unix:path={tmp_path}/bus"
        given = runtime | {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/x"}
        assert session_bus(given) == "unix:path=/x"
        assert has_desktop(runtime)
    assert has_desktop({"WAYLAND_DISPLAY": "wayland-0"})
    assert not has_desktop({"HOME": "/root"})


@pytest.mark.needs("root")
def test_under_sudo_only_a_bus_of_roots_own_is_this_process_desktop(
    tmp_path: Path,
) -> None:
    bus = tmp_path / "bus"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(bus))
        sudo = {
            "SUDO_UID": "1000",
            "DISPLAY": ":0",
            "DBUS_SESSION_BUS_ADDRESS": f"unix:path={bus},guid=7",
        }
        assert has_desktop(sudo)
        os.chown(bus, 1000, 1000)
        assert not has_desktop(sudo)
        assert has_desktop(sudo | {"SUDO_UID": "0"})
    assert not has_desktop({"SUDO_UID": "1000", "DISPLAY": ":0"})


def test_the_owner_of_a_bus_is_that_of_its_socket(tmp_path: Path) -> None:
    assert bus_owner(f"unix:path={tmp_path}") == os.getuid()
    for unknown in ("", "unix:abstract=/x", "unix:path=/nowhere", "tcp:path=/tmp", "x"):
        assert bus_owner(unknown) is None


def test_what_a_desktop_would_obey_is_shown_instead() -> None:
    assert title_of("a\x1b[31m\nb\udcff") == "a\\x1b[31m\\nb\\xff"
    assert body_of("<b>&\x07\n--x", has_markup=True) == "&lt;b&gt;&amp;\\x07\n--x"
    assert body_of("--<b>", has_markup=False) == "--<b>"


def test_an_endless_text_is_cut() -> None:
    assert len(title_of("x" * 10_000)) < 130
    assert len(body_of("x\n" * 10_000, has_markup=False)) < 1010
