"""Who typed sudo, and what a program on that person's desktop needs."""

from __future__ import annotations

import os
import pwd
import socket
from typing import TYPE_CHECKING

import pytest

from monitor.notifiers.sudo import sudo_user, user_environment

if TYPE_CHECKING:
    from pathlib import Path

NOBODY = pwd.getpwnam("nobody")


@pytest.mark.parametrize("given", ["", "0", "x", "-1", "99999999999999", "4000000001"])
def test_without_sudo_there_is_nobody(given: str) -> None:
    assert sudo_user({"SUDO_UID": given}) is None
    assert sudo_user({}) is None


def test_sudo_says_who_it_was() -> None:
    assert sudo_user({"SUDO_UID": str(NOBODY.pw_uid)}) == NOBODY


def test_a_person_without_a_session_bus_has_no_desktop(tmp_path: Path) -> None:
    assert user_environment(os.environ | {"HOME": "/root"}, NOBODY, tmp_path) is None


def test_the_bus_is_where_logind_puts_it_and_nothing_of_root_is_kept(
    tmp_path: Path,
) -> None:
    own = tmp_path / str(NOBODY.pw_uid)
    own.mkdir()
    sudo = {"HOME": "/root", "USER": "root", "DISPLAY": ":0", "LD_PRELOAD": "x"}
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(own / "bus"))
        assert user_environment(sudo, NOBODY, tmp_path) == {
            "DISPLAY": ":0",
            "HOME": NOBODY.pw_dir,
            "USER": "nobody",
            "LOGNAME": "nobody",
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "XDG_RUNTIME_DIR": str(own),
            "DBUS_SESSION_BUS_ADDRESS": f"unix:path={own}/bus",
        }


def test_a_bus_that_sudo_left_in_the_environment_is_that_persons(
    tmp_path: Path,
) -> None:
    sudo = {"DBUS_SESSION_BUS_ADDRESS": "unix:abstract=/tmp/dbus-x"}
    made = user_environment(sudo, NOBODY, tmp_path)
    assert made is not None
    assert made["DBUS_SESSION_BUS_ADDRESS"] == "unix:abstract=/tmp/dbus-x"
    assert "XDG_RUNTIME_DIR" not in made


@pytest.mark.needs("root")
def test_a_bus_of_roots_own_is_not_that_persons(tmp_path: Path) -> None:
    sudo = {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={tmp_path}"}
    assert user_environment(sudo, NOBODY, tmp_path) is None
    os.chown(tmp_path, NOBODY.pw_uid, NOBODY.pw_gid)
    assert user_environment(sudo, NOBODY, tmp_path) is not None
