"""From process facts to the application that a person recognises."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.applications import UNKNOWN, recognise
from monitor.usage import Application, Owner, Process

HEX = "0f" * 32
USER = "/user.slice/user-1000.slice/user@1000.service"


def process(
    exe: str, *argv: str, cgroup: str = "/user.slice", comm: str = "any"
) -> Process:
    """A process with these facts."""
    return Process(Owner(1, 2, 3), comm, exe, argv, 1000, 1, cgroup)


@pytest.mark.parametrize(
    ("cgroup", "name", "kind"),
    [
        ("/system.slice/packagekit.service", "packagekit", "unit"),
        ("/system.slice/system-getty.slice/getty@tty1.service", "getty", "unit"),
        ("/system.slice/systemd-udevd.service/udev", "systemd-udevd", "unit"),
        (r"/system.slice/dbus\x2dbroker.service", "dbus-broker", "unit"),
        (f"/system.slice/docker-{HEX}.scope", "docker:0f0f0f0f0f0f", "container"),
        (f"/docker/{HEX}", "docker:0f0f0f0f0f0f", "container"),
        (
            f"{USER}/user.slice/libpod-{HEX}.scope/container",
            "podman:0f0f0f0f0f0f",
            "container",
        ),
        (
            "/machine.slice/systemd-nspawn@deb12.service/payload/system.slice/cron.service",
            "nspawn:deb12",
            "container",
        ),
        ("/lxc.payload.alpine/openrc.sshd", "lxc:alpine", "container"),
    ],
)
def test_a_service_or_container_is_the_application_of_all_its_programs(
    cgroup: str, name: str, kind: str
) -> None:
    """Whatever they execute."""
    found = recognise(process("/usr/bin/curl", "curl", cgroup=cgroup))
    assert found == Application(name, kind)


def test_desktop_applications_are_one_whatever_they_execute() -> None:
    """Snaps and flatpaks too; a person knows them by one icon."""
    kinds = {
        "app-gnome-org.mozilla.firefox-54321.scope": ("org.mozilla.firefox", "desktop"),
        "app-flatpak-org.telegram.desktop-1.scope": ("org.telegram.desktop", "flatpak"),
        "snap.firefox.firefox-1.scope": ("snap:firefox/firefox-1", "snap"),
        "syncthing.service": ("syncthing", "unit"),
    }
    for unit, (name, kind) in kinds.items():
        cgroup = f"{USER}/app.slice/{unit}"
        found = recognise(process("/usr/bin/bash", "bash", "x.sh", cgroup=cgroup))
        assert found == Application(name, kind)


def test_what_is_typed_in_a_terminal_is_not_the_terminal() -> None:
    """Nor is what a bus starts the bus."""
    terminal = f"{USER}/app.slice/app-org.gnome.Terminal.slice/vte-spawn-1.scope"
    for cgroup in (terminal, f"{USER}/session.slice/dbus.service"):
        found = recognise(process("/usr/bin/curl", "curl", cgroup=cgroup))
        assert found == Application("curl", "executable", "/usr/bin/curl")


@pytest.mark.parametrize(
    "cgroup",
    [
        "",
        "/..",
        "/3",
        "/",
        "/user.slice/user-1000.slice/session-2.scope",
        f"{USER}/app.slice/run-u10.service",
        "/docker/short",
    ],
)
def test_elsewhere_the_executable_is_the_application(cgroup: str) -> None:
    """With its file, so that a namesake in /tmp stays apart."""
    found = recognise(process("/usr/bin/curl", "curl", cgroup=cgroup))
    assert found == Application("curl", "executable", "/usr/bin/curl")
    assert recognise(process("/tmp/curl", "curl")) != found  # noqa: S108 - a namesake


@pytest.mark.parametrize(
    ("exe", "argv", "name", "path"),
    [
        ("/usr/bin/python3.11", ["python3", "/opt/x.py", "-v"], "x.py", "/opt/x.py"),
        ("/usr/bin/python3", ["python3", "-u", "-W", "error", "y.py"], "y.py", "y.py"),
        (
            "/usr/bin/python3",
            ["python3", "-Im", "http.server"],
            "python -m http.server",
            "",
        ),
        (
            "/usr/bin/node",
            ["node", "--inspect", "/srv/app.js"],
            "app.js",
            "/srv/app.js",
        ),
        (
            "/usr/lib/jvm/bin/java",
            ["java", "-Xmx1g", "-jar", "/a/b.jar"],
            "b.jar",
            "/a/b.jar",
        ),
        (
            "/usr/bin/bash",
            ["bash", "/usr/bin/lesspipe"],
            "lesspipe",
            "/usr/bin/lesspipe",
        ),
        ("/usr/bin/perl", ["perl", "-w", "t.pl"], "t.pl", "t.pl"),
    ],
)
def test_an_interpreter_is_known_by_its_script(
    exe: str, argv: list[str], name: str, path: str
) -> None:
    """Otherwise all of them would be one application."""
    assert recognise(process(exe, *argv)) == Application(name, "script", path)


@pytest.mark.parametrize(
    "argv",
    [
        ["python3"],
        ["python3", "-c", "import this"],
        ["python3", "-Sc", "import this"],
        ["python3", "-"],
        [],
    ],
)
def test_an_interpreter_without_a_script_is_itself(argv: list[str]) -> None:
    """Code on the command line has no name."""
    found = recognise(process("/usr/bin/python3.11", *argv))
    assert found == Application("python3.11", "executable", "/usr/bin/python3.11")


@pytest.mark.parametrize(
    ("exe", "argv"),
    [
        ("/usr/bin/bash", ["bash", "-lc", "curl x | sh"]),
        ("/bin/sh", ["sh", "-ec", "true"]),
        ("/usr/bin/perl", ["perl", "-ne", "print"]),
        ("/usr/bin/node", ["node", "-e", "1"]),
        ("/usr/bin/php", ["php", "-r", "1;"]),
    ],
)
def test_code_of_other_interpreters_has_no_name_either(
    exe: str, argv: list[str]
) -> None:
    """Each has an option of its own for it."""
    assert recognise(process(exe, *argv)).kind == "executable"


@pytest.mark.parametrize("option", ["-E", "-s", "-S", "-I", "-u", "-OO"])
def test_an_option_of_python_is_not_mistaken_for_code(option: str) -> None:
    """`-E` is code for perl only."""
    found = recognise(process("/usr/bin/python3", "python3", option, "/opt/x.py"))
    assert found == Application("x.py", "script", "/opt/x.py")


def test_a_copy_of_an_interpreter_under_another_name_is_that_program() -> None:
    """Its file says what it is, whatever its arguments are."""
    found = recognise(process("/tmp/work/lab-short", "lab-short", "script.py"))  # noqa: S108
    assert found.name == "lab-short"


def test_a_program_whose_file_is_gone_keeps_its_name() -> None:
    """The kernel marks it; the path keeps the mark, since it deserves a look."""
    found = recognise(process("/tmp/.x/kworkr (deleted)", "k"))  # noqa: S108
    assert (found.name, found.path.endswith("(deleted)")) == ("kworkr", True)


def test_a_kernel_thread_has_only_its_name() -> None:
    """It executes no file."""
    assert recognise(process("", comm="nfsd")) == Application("nfsd", "executable")


def test_nothing_known_is_said_so() -> None:
    """The kernel's table had no room for it."""
    assert recognise(process("", comm="", cgroup="")) == UNKNOWN


ANY = st.text(st.characters(codec=None))  # with what the kernel could not decode


@given(ANY, st.lists(ANY, max_size=4), ANY, ANY)
@example("/usr/bin/python3", ["x", "-c"], "/", "")
@example("/", [], "/system.slice/.service", "")
@example("", [], f"{USER}/app.slice/app-x.slice/vte-spawn-1.scope", "")
@example("x" * 100_000, ["\0"] * 4, "/" * 100_000, "\x1b[31m")
def test_whatever_a_process_calls_itself_it_gets_some_name(
    exe: str, argv: list[str], cgroup: str, comm: str
) -> None:
    """All of these strings are hostile."""
    found = recognise(process(exe, *argv, cgroup=cgroup, comm=comm))
    assert found.name
    assert found.kind


@pytest.mark.parametrize("exe", ["/usr/bin/python3", "/usr/bin/node"])
def test_an_empty_script_name_is_no_application_without_a_name(exe: str) -> None:
    """`python3 ''` is a fault of its caller, not ours."""
    assert recognise(process(exe, "x", "")).name
