"""The agent of the person behind a sudo, on that person's own desktop."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from monitor.daemon.control import Access, Control, Method
from monitor.notifiers.agent import SHOWN
from monitor.notifiers.pending import PENDING
from tests.desktop.stack import desktop, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NOBODY = 65_534
ALERT = {"id": "1/a", "title": "Plan wwan: 80 % used", "body": "1.00 GB left."}

pytestmark = [
    pytest.mark.desktop,
    pytest.mark.needs(
        "root", "Xvfb", "dunst", "dunstctl", "dbus-daemon", "dbus-send", "notify-send"
    ),
]

# What `esimmon run` does first; then it lives on until its input ends.
DAEMON = """
import json, os, sys
from pathlib import Path
from monitor.notifiers.sudo import spawn_for_sudo_user
agent = spawn_for_sudo_user(os.environ, Path(sys.argv[1]), Path(sys.argv[2]))
print(json.dumps(agent and agent.pid), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def theirs() -> Iterator[Path]:
    """A folder of another user, beneath which everybody may go."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        os.chown(folder, NOBODY, NOBODY)
        yield folder


@contextlib.contextmanager
def serving(path: Path, shown: list[Mapping[str, Any]]) -> Iterator[None]:
    """A daemon that has one alert."""

    def note(params: Mapping[str, Any]) -> dict[str, Any]:
        shown.append(params)
        return {}

    methods = {
        PENDING: Method(
            Access.ANYBODY, lambda _: {"alerts": [ALERT]}, is_followed=True
        ),
        SHOWN: Method(Access.ANYBODY, note),
    }
    stop = threading.Event()
    with selectors.DefaultSelector() as selector:
        control = Control(path, methods, selector)

        def loop() -> None:
            while not stop.is_set():
                for key, _ in selector.select(0.02):
                    key.data()

        thread = threading.Thread(target=loop)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()
            control.close()


@contextlib.contextmanager
def daemon(
    path: Path, environ: Mapping[str, str], runtime: Path
) -> Iterator[tuple[subprocess.Popen[bytes], int | None]]:
    """A process that spawned the agent, and the agent's pid."""
    with subprocess.Popen(
        [sys.executable, "-c", DAEMON, str(path), str(runtime)],
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        try:
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


def is_gone(pid: int) -> bool:
    """Whether a process has ended."""
    return not Path(f"/proc/{pid}").exists()


def test_the_agent_of_sudo_shows_alerts_on_the_desktop_of_that_person(
    theirs: Path, tmp_path: Path
) -> None:
    path = theirs / "esimmon.sock"
    shown: list[Mapping[str, Any]] = []
    with desktop(theirs, user=NOBODY) as stack, serving(path, shown):
        environ = stack.environ | {"SUDO_UID": str(NOBODY), "SECRET": "of root"}
        with daemon(path, environ, tmp_path) as (process, pid):
            assert pid
            wait_for(lambda: shown, "the alert to be acknowledged")
            facts = Path(f"/proc/{pid}/status").read_text()
            process.kill()  # as an OOM killer would
            wait_for(lambda: is_gone(pid), "the agent to follow its daemon")
        assert stack.shown() == [(ALERT["title"], ALERT["body"])]
    assert shown == [{"id": "1/a", "failure": ""}]
    assert f"Uid:\t{NOBODY}\t{NOBODY}\t{NOBODY}\t{NOBODY}" in facts
    assert f"Gid:\t{NOBODY}\t{NOBODY}\t{NOBODY}\t{NOBODY}" in facts
    for line in facts.splitlines():
        if line.startswith(("CapPrm", "CapEff", "CapInh", "CapAmb")):
            assert int(line.split()[1], 16) == 0


def test_the_agent_ends_with_a_daemon_that_stops_by_itself(
    theirs: Path, tmp_path: Path
) -> None:
    path = theirs / "esimmon.sock"
    environ = os.environ | {
        "SUDO_UID": str(NOBODY),
        "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere",
    }
    shown: list[Mapping[str, Any]] = []
    with serving(path, shown), daemon(path, environ, tmp_path) as (process, pid):
        assert pid
        wait_for(lambda: shown, "the failure to be told")
        assert process.stdin is not None
        process.stdin.close()
        wait_for(lambda: is_gone(pid), "the agent to end")
        assert process.wait(10) == 0
    assert "the session bus unix:path=/nowhere" in shown[0]["failure"]


def test_without_sudo_or_without_a_session_there_is_no_agent(tmp_path: Path) -> None:
    plain = {n: v for n, v in os.environ.items() if n != "DBUS_SESSION_BUS_ADDRESS"}
    for more in ({}, {"SUDO_UID": "0"}, {"SUDO_UID": "x"}, {"SUDO_UID": str(NOBODY)}):
        with daemon(tmp_path / "s", plain | more, tmp_path) as (_, pid):
            assert pid is None
