"""Who works behind a person's back."""

from __future__ import annotations

import pytest

from monitor.alerts.background import Background, in_graphical_session, is_background
from monitor.attribution import Attributed
from monitor.usage import Application, Attachment, Owner, Process, Share, Traffic

USER = "/user.slice/user-1000.slice/user@1000.service"
WWAN = Attachment("if:wwan0", "wwan0", billed=True)
CURL = Application("curl", "executable")
UNIT = Application("packagekit", "unit")
BOX = Application("docker:ab12ab12ab12", "container")


@pytest.mark.parametrize(
    ("cgroup", "expected"),
    [
        (f"{USER}/app.slice/app-gnome-firefox\\x2desr-4711.scope", True),
        (f"{USER}/app.slice/app-org.kde.konsole@a1b2.service", True),
        (f"{USER}/app.slice/app-org.kde.konsole-1.scope/tab(2).scope", True),
        (f"{USER}/app.slice/app-flatpak-org.telegram.desktop-12345.scope", True),
        (f"{USER}/app.slice/snap.firefox.firefox-3dcfaa86.scope", True),
        (f"{USER}/app.slice/app-org.gnome.Terminal.slice/vte-spawn-2c4a.scope", True),
        (f"{USER}/app.slice/app-org.gnome.Terminal.slice/gnome-terminal.service", True),
        ("/user.slice/user-1000.slice/session-2.scope", True),
        ("/user.slice/user-0.slice/session-c1.scope", True),
        (f"{USER}/app.slice/app-steam@autostart.service", False),
        (f"{USER}/app.slice/app-gnome\\x2dkeyring\\x2dssh-autostart.service", False),
        (f"{USER}/app.slice/syncthing.service", False),
        (f"{USER}/background.slice/tracker-miner-fs-3.service", False),
        (f"{USER}/session.slice/pipewire.service", False),
        ("/system.slice/cron.service", False),
        ("/", False),
        ("", False),
    ],
)
def test_a_graphical_session_is_read_from_the_cgroup(
    cgroup: str, *, expected: bool
) -> None:
    assert in_graphical_session(cgroup) is expected


@pytest.mark.parametrize(
    ("application", "tty_nr", "has_session", "expected"),
    [
        (UNIT, 34816, True, True),
        (BOX, None, False, True),
        (CURL, 0, False, True),
        (CURL, 34816, False, False),
        (CURL, 0, True, False),
        (CURL, None, False, True),
        (CURL, None, True, False),
    ],
)
def test_background_is_a_service_or_what_has_neither_terminal_nor_session(
    application: Application, tty_nr: int | None, *, has_session: bool, expected: bool
) -> None:
    assert is_background(application, tty_nr, has_session=has_session) is expected


def row(
    application: Application | None = CURL, pid: int = 7, scope: str = "internet"
) -> Attributed:
    """Bytes of a process."""
    process = Process(Owner(5, pid, 1), "curl", "/usr/bin/curl", (), 1000, 1, "/")
    return Attributed(WWAN, Share(application, scope=scope), process, Traffic(1))


def test_a_process_is_looked_at_once() -> None:
    asked: list[Process] = []

    def read_tty(process: Process) -> int:
        asked.append(process)
        return 0

    background = Background(read_tty)
    assert background.holds(row())
    assert background.holds(row())
    assert len(asked) == 1


def test_bytes_without_an_application_and_local_ones_are_nobodys_secret() -> None:
    background = Background(lambda _: 0)
    assert not background.holds(row(None))
    assert not background.holds(row(scope="local"))


def test_what_is_remembered_has_a_bound() -> None:
    background = Background(lambda _: 0)
    for pid in range(5000):
        assert background.holds(row(pid=pid))
    assert len(background._known) <= 4096
