"""What the service manager is told, over a real datagram socket."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import pytest

from monitor.sdnotify import notify, watchdog_interval_s

if TYPE_CHECKING:
    from pathlib import Path


def test_without_a_manager_nobody_is_told() -> None:
    """By hand there is no NOTIFY_SOCKET."""
    assert not notify("READY=1", environ={})


def test_the_manager_gets_all_states_in_one_datagram(tmp_path: Path) -> None:
    """One assignment a line, as sd_notify(3) wants."""
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(path))
        told = notify("READY=1", "STATUS=fine", environ={"NOTIFY_SOCKET": str(path)})
        assert told
        assert manager.recv(100) == b"READY=1\nSTATUS=fine"


def test_an_abstract_socket_is_meant_by_an_at_sign() -> None:
    """As systemd writes it in containers."""
    name = f"esimmon-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(f"\0{name}")
        assert notify("WATCHDOG=1", environ={"NOTIFY_SOCKET": f"@{name}"})
        assert manager.recv(100) == b"WATCHDOG=1"


def test_a_manager_that_went_away_is_no_error(tmp_path: Path) -> None:
    """The daemon counts on."""
    assert not notify("READY=1", environ={"NOTIFY_SOCKET": str(tmp_path / "gone")})


@pytest.mark.parametrize(
    ("environ", "interval_s"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "6000000"}, 3.0),
        ({"WATCHDOG_USEC": "6000000", "WATCHDOG_PID": str(os.getpid())}, 3.0),
        ({"WATCHDOG_USEC": "6000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_the_watchdog_is_fed_twice_in_its_time(
    environ: dict[str, str], interval_s: float | None
) -> None:
    """Only if it is set for this process."""
    assert watchdog_interval_s(environ) == interval_s
