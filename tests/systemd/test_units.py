"""The files of the services, judged by systemd's own programs."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from monitor.collectors.bpf import features
from monitor.collectors.bpf.libbpf import Library
from monitor.collectors.bpf.loading import map_sizes
from monitor.daemon.control import GROUP
from monitor.service.shipped import text_for

FOLDER = Path(__file__).parents[2] / "systemd"
UNIT = FOLDER / "esimmon.service"
MOST_EXPOSED = 2.0
# A user's manager can take no namespaces and no capabilities away.
MOST_EXPOSED_OF_USERS = 6.1
OF_USERS = dict.fromkeys(
    ("esimmon-notify.service", "esimmon-user.service"), ("--user",)
)


def settings(name: str) -> list[str]:
    """All values that the unit gives a setting, in order."""
    return re.findall(rf"^{name}=(.*)$", UNIT.read_text(encoding="utf-8"), re.MULTILINE)


def analyze(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run systemd-analyze."""
    return subprocess.run(
        ["systemd-analyze", *map(str, words)],
        check=False,
        capture_output=True,
        text=True,
    )


@pytest.mark.needs("systemd-analyze", "kill")
@pytest.mark.parametrize("unit", sorted(FOLDER.glob("*.service")), ids=lambda p: p.name)
def test_systemd_has_nothing_to_say_against_a_unit(tmp_path: Path, unit: Path) -> None:
    program = tmp_path / "esimmon"  # the one of the unit is not installed here
    program.touch(mode=0o755)
    copy = tmp_path / unit.name
    copy.write_text(text_for(unit.name, program), encoding="utf-8")
    done = analyze(*OF_USERS.get(unit.name, ()), "verify", "--man=no", copy)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.needs("libbpf.so.1")
def test_two_programs_find_room_among_the_managers_descriptors() -> None:
    """One replaces the other; what is too much would be dropped without a word."""
    (most,) = settings("FileDescriptorStoreMax")
    hooks = features.programs(frozenset(features.FEATURES))
    assert 2 * (len(hooks) + len(map_sizes(Library()))) <= int(most)


@pytest.mark.needs("systemd-analyze")
@pytest.mark.parametrize("unit", sorted(FOLDER.glob("*.service")), ids=lambda p: p.name)
def test_no_service_is_more_exposed_than_it_must_be(unit: Path) -> None:
    manager = OF_USERS.get(unit.name, ())
    done = analyze(*manager, "security", "--offline=true", "--no-pager", unit)
    found = re.search(rf"exposure level for {unit.name}: ([\d.]+)", done.stdout)
    assert found, done.stdout + done.stderr
    assert float(found[1]) <= (MOST_EXPOSED_OF_USERS if manager else MOST_EXPOSED)


def test_the_autostart_file_starts_what_the_agents_unit_starts() -> None:
    text = (FOLDER / "esimmon-notify.desktop").read_text(encoding="utf-8")
    found = dict(re.findall(r"^([\w-]+)=(.*)$", text, re.MULTILINE))
    agent = (FOLDER / "esimmon-notify.service").read_text(encoding="utf-8")
    assert f"\nExecStart={found['Exec']}\n" in agent
    assert found["Type"] == "Application"
    # Where systemd reads autostart files, the unit is there already.
    assert found["X-systemd-skip"] == "true"


def test_the_service_has_the_three_capabilities_of_ebpf_and_no_other() -> None:
    three = {"CAP_BPF", "CAP_PERFMON", "CAP_NET_ADMIN"}
    for name in ("AmbientCapabilities", "CapabilityBoundingSet"):
        (given,) = settings(name)
        assert set(given.split()) == three


def test_bpf_is_allowed_after_what_forbids_it() -> None:
    """A filter is read from top to bottom, and the last word on a call counts."""
    *_, denied, allowed = settings("SystemCallFilter")
    assert denied.startswith("~@privileged")
    assert allowed == "bpf"


@pytest.mark.needs("root", "systemd-sysusers", "systemd-tmpfiles")
def test_the_user_and_the_folder_are_made_on_an_empty_system(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    for command in (("systemd-sysusers",), ("systemd-tmpfiles", "--create")):
        name = command[0].removeprefix("systemd-")
        file = FOLDER / f"esimmon.{name}.conf"
        subprocess.run([*command, f"--root={tmp_path}", file], check=True)

    users = (tmp_path / "etc/passwd").read_text(encoding="utf-8").splitlines()
    (user,) = (line.split(":") for line in users if line.startswith("esimmon:"))
    assert 0 < int(user[2]) < 1000
    assert user[6].endswith("nologin")
    groups = (tmp_path / "etc/group").read_text(encoding="utf-8")
    assert re.search(rf"^esimmon:[^:]*:{user[3]}:$", groups, re.MULTILINE)
    found = (tmp_path / "etc/esimmon").stat()
    assert (found.st_mode & 0o7777, found.st_uid) == (0o755, 0)


def test_every_name_in_the_files_is_that_of_the_program() -> None:
    """The user, its group and the three folders that monitor/config/places.py knows."""
    for name in (
        *("User", "Group"),
        *("StateDirectory", "RuntimeDirectory", "ConfigurationDirectory"),
    ):
        assert settings(name) == [GROUP]
