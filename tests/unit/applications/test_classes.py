"""Who is in front of a program: by its cgroup, its terminal, and the user's screens."""

from __future__ import annotations

import pytest

from monitor.applications import Classes, unclassified
from monitor.usage import Owner, Process

USER = "/user.slice/user-1000.slice/user@1000.service"
APP = f"{USER}/app.slice/app-gnome-org.mozilla.firefox-54321.scope"
TERMINAL = f"{USER}/app.slice/app-org.gnome.Terminal.slice/vte-spawn-2c4a.scope"
CONTAINER = f"/system.slice/docker-{'ab12' * 16}.scope"
LOGIN = "/user.slice/user-1000.slice/session-2.scope"
PTS = 34816


def process(
    cgroup: str, pid: int = 7, exe: str = "/usr/bin/curl", uid: int = 1000
) -> Process:
    """A process that stands there."""
    return Process(Owner(5, pid, 1), exe[-4:], exe, (), uid, 1, cgroup)


def classes(tty_nr: int | None = 0, *unasked: str) -> Classes:
    """All processes have this terminal; these applications nobody asked for."""
    return Classes(lambda _: tty_nr, unasked.__contains__)


@pytest.mark.parametrize(
    ("cgroup", "expected"),
    [
        (f"{USER}/app.slice/app-gnome-firefox\\x2desr-4711.scope", "interactive"),
        (f"{USER}/app.slice/app-org.kde.konsole@a1b2.service", "interactive"),
        (f"{USER}/app.slice/app-org.kde.konsole-1.scope/tab(2).scope", "interactive"),
        (f"{USER}/app.slice/app-flatpak-org.telegram.desktop-1.scope", "interactive"),
        (f"{USER}/app.slice/snap.firefox.firefox-3dcfaa86.scope", "interactive"),
        (f"{USER}/app.slice/app-org.gnome.Terminal.slice/x.service", "interactive"),
        (f"{USER}/app.slice/dbus-:1.2-org.gnome.Console@0.service", "unknown"),
        (f"{USER}/app.slice/podman-12.scope", "unknown"),
        (f"{USER}/session.slice/dbus.service", "unknown"),
        (TERMINAL, "unknown"),
        ("/user.slice/user-1000.slice/session-2.scope", "unknown"),
        ("/user.slice/user-0.slice/session-c1.scope", "unknown"),
        (r"/machine.slice/machine-qemu\x2d1\x2dwin11.scope", "unknown"),
        (f"{USER}/app.slice/app-steam@autostart.service", "background"),
        (f"{USER}/app.slice/app-gnome\\x2dx-autostart.service", "background"),
        (f"{USER}/app.slice/syncthing.service", "background"),
        (f"{USER}/app.slice/run-u10.service", "background"),
        (f"{USER}/background.slice/tracker-miner-fs-3.service", "background"),
        (f"{USER}/session.slice/pipewire.service", "background"),
        ("/system.slice/cron.service", "background"),
        ("/system.slice/run-u3.service", "background"),
        (CONTAINER, "background"),
        ("/", "background"),
        ("/..", "background"),
        ("", "background"),
    ],
)  # fmt: skip
def test_without_a_terminal_the_cgroup_decides(cgroup: str, expected: str) -> None:
    assert classes().of(process(cgroup)) == expected


@pytest.mark.parametrize("cgroup", ["/", "", "/..", TERMINAL, LOGIN, "/3"])
def test_what_has_a_terminal_is_interactive(cgroup: str) -> None:
    assert classes(PTS).of(process(cgroup)) == "interactive"


@pytest.mark.parametrize("cgroup", ["/system.slice/cron.service", CONTAINER])
def test_a_service_is_background_with_a_terminal_too(cgroup: str) -> None:
    assert classes(PTS).of(process(cgroup)) == "background"


@pytest.mark.parametrize(
    ("cgroup", "expected"),
    [("/", "background"), (LOGIN, "unknown"), (APP, "interactive")],
)
def test_a_terminal_that_nobody_can_know_counts_as_none(
    cgroup: str, expected: str
) -> None:
    assert classes(None).of(process(cgroup)) == expected


def test_an_application_that_nobody_asked_for_is_background() -> None:
    """gnome-session starts them in a scope as those that a person opened."""
    assert classes(0, "org.mozilla.firefox").of(process(APP)) == "background"


def test_a_kernel_thread_is_background_and_nobody_at_all_is_unknown() -> None:
    assert classes(PTS).of(process("/", exe="")) == "unknown"
    thread = Process(Owner(5, 8, 1), "nfsd", "", (), 0, 2, "/")
    assert classes(PTS).of(thread) == "background"


def test_a_process_is_looked_at_once() -> None:
    asked: list[Process] = []

    def read_tty(process: Process) -> int:
        asked.append(process)
        return 0

    found = Classes(read_tty, lambda _: False)
    assert [found.of(process("/")) for _ in range(3)] == ["background"] * 3
    assert len(asked) == 1


def test_what_is_remembered_has_a_bound() -> None:
    found = classes()
    for pid in range(5000):
        assert found.of(process("/", pid)) == "background"
    assert len(found._settled) <= 4096


@pytest.mark.parametrize(
    ("away", "expected"),
    [(True, "background"), (False, "interactive"), (None, "interactive")],
)
def test_an_application_of_a_user_who_is_away_is_background_for_that_time(
    *, away: bool | None, expected: str
) -> None:
    found = classes()
    assert found.of(process(APP)) == "interactive"
    found.is_away = lambda uid, session: away if (uid, session) == (1000, "") else None
    assert found.of(process(APP)) == expected
    # By the cgroup: what sudo starts is the person's all the same.
    assert found.of(process(APP, uid=0)) == expected
    found.is_away = lambda _, __: None
    assert found.of(process(APP)) == "interactive"


def test_a_login_is_asked_by_its_own_session() -> None:
    """A person at an ssh session is there although the screen at home is locked."""
    found = classes(PTS)
    found.is_away = lambda _, session: session == "2"
    assert found.of(process(LOGIN)) == "background"
    ssh = LOGIN.replace("session-2", "session-5")
    assert found.of(process(ssh, 8)) == "interactive"
    assert classes().of(process(LOGIN)) == "unknown"


def test_a_locked_screen_makes_nothing_of_a_service_or_a_container() -> None:
    found = classes()
    found.is_away = lambda _, __: False
    assert found.of(process(CONTAINER)) == "background"


def test_where_nobody_was_asked_the_class_is_unknown() -> None:
    assert unclassified(process(APP)) == "unknown"
