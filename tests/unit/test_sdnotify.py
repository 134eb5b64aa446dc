"""What the service manager is told, over a real datagram socket."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from monitor.sdnotify import (
    drop,
    is_managed,
    keep,
    notify,
    take_kept,
    watchdog_interval_s,
    writes_to_journal,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKOUT = Path(__file__).parents[2]
# What a service sees of its descriptors, and what a child of it would.
SERVICE = """
import fcntl, os
from monitor.sdnotify import take_kept
os.environ["LISTEN_PID"] = os.environ["LISTEN_PID"].replace("OWN", str(os.getpid()))
for name, descriptor in take_kept():
    inherited = not fcntl.fcntl(descriptor, fcntl.F_GETFD) & fcntl.FD_CLOEXEC
    print(name, descriptor, os.read(descriptor, 9).decode(), inherited)
print(take_kept(), any(name.startswith("LISTEN") for name in os.environ))
"""


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """The manager's end of the socket."""
    path = tmp_path / "notify"
    monkeypatch.setenv("NOTIFY_SOCKET", str(path))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
        made.bind(str(path))
        yield made


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


def test_a_manager_is_known_by_its_socket() -> None:
    assert not is_managed({})
    assert not is_managed({"NOTIFY_SOCKET": "vsock:2:1"})  # one we do not speak
    assert is_managed({"NOTIFY_SOCKET": "/run/systemd/notify"})
    assert is_managed({"NOTIFY_SOCKET": "@abstract"})


def test_nobody_keeps_what_a_manager_that_went_away_is_sent(tmp_path: Path) -> None:
    environ = {"NOTIFY_SOCKET": str(tmp_path / "gone")}
    assert not keep("name", 0, environ=environ)
    assert not drop("name", environ=environ)


def test_a_kept_descriptor_is_sent_with_its_name_and_stays_open(
    manager: socket.socket,
) -> None:
    """FDPOLL=0, or systemd would drop it when its other end hangs up."""
    here, there = os.pipe()
    assert keep("1.rows", there)
    raw, (sent,), _, _ = socket.recv_fds(manager, 100, 2)
    assert raw == b"FDSTORE=1\nFDNAME=1.rows\nFDPOLL=0"
    os.write(sent, b"the same")
    assert os.read(here, 9) == b"the same"
    for descriptor in (here, there, sent):
        os.close(descriptor)


def test_a_descriptor_is_dropped_by_its_name(manager: socket.socket) -> None:
    assert drop("1.rows")
    assert manager.recv(100) == b"FDSTOREREMOVE=1\nFDNAME=1.rows"


@pytest.mark.parametrize(
    ("pid", "names", "shown"),
    [
        ("OWN", "a:b", ["a 3 one False", "b 4 two False"]),
        ("OWN", "a", ["a 3 one False"]),
        ("1", "a:b", []),
        ("", "a:b", []),
    ],
)
def test_descriptors_come_back_once_and_to_the_process_they_are_for(
    tmp_path: Path, pid: str, names: str, shown: list[str]
) -> None:
    for number, text in enumerate(("one", "two"), 3):
        (tmp_path / str(number)).write_text(text, encoding="ascii")
    environ = {
        "PYTHONPATH": str(CHECKOUT),
        "LISTEN_FDS": "2",
        "LISTEN_PID": pid,
        "LISTEN_FDNAMES": names,
    }
    redirect = f'exec "$0" -c "$1" 3<{tmp_path}/3 4<{tmp_path}/4'
    done = subprocess.run(
        ["sh", "-c", redirect, sys.executable, SERVICE],
        env=environ,
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.splitlines() == [*shown, "[] False"]


@pytest.mark.parametrize("number", ["", "some", "-1", "0"])
def test_a_number_of_descriptors_that_is_none_means_none(number: str) -> None:
    environ = {"LISTEN_FDS": number, "LISTEN_PID": str(os.getpid())}
    assert take_kept(environ) == []
    assert environ == {}


def test_a_stream_to_the_journal_is_known_by_its_device_and_inode() -> None:
    """A terminal on a desktop inherits the variable of another stream."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        found = os.fstat(ours.fileno())
        environ = {"JOURNAL_STREAM": f"{found.st_dev}:{found.st_ino}"}
        assert writes_to_journal(ours.fileno(), environ)
        assert not writes_to_journal(theirs.fileno(), environ)
        assert not writes_to_journal(ours.fileno(), {})
        assert not writes_to_journal(ours.fileno(), {"JOURNAL_STREAM": "nonsense"})
