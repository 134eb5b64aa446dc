"""Looking at this machine, and at folders that look like parts of another."""

from __future__ import annotations

import os
import socket
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.checks.probes import buses, daemons, kernel, networks
from monitor.collectors.bpf import Surroundings
from tests.desktop.stack import session_bus
from tests.unit.commands.listening import daemon_at

HERE = Surroundings()


# The kernel.


def test_this_machine_is_seen_as_it_is() -> None:
    found = kernel.look(HERE)
    assert found.release == os.uname().release
    assert found.has_btf == Path("/sys/kernel/btf/vmlinux").exists()
    assert (found.loads is not None) or found.missing or found.refusal


@pytest.mark.needs("root", "libbpf.so.1")
def test_loading_is_tried_and_leaves_nothing_behind() -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    trial = kernel.try_loading(HERE)
    assert trial.refusal == ""
    assert trial.loads
    assert len(list(Path("/proc/self/fd").iterdir())) <= before + 1  # libbpf itself


@pytest.mark.needs("root", "libbpf.so.1")
def test_an_object_that_no_kernel_takes_gives_the_reason(tmp_path: Path) -> None:
    broken = tmp_path / "usage.bpf.o"
    broken.write_bytes(HERE.program.read_bytes()[:5000])
    trial = kernel.try_loading(replace(HERE, program=broken))
    assert trial.loads is None
    assert "does not take the eBPF program" in trial.refusal


def test_what_is_not_there_is_a_fact(tmp_path: Path) -> None:
    nothing = tmp_path / "mountinfo"
    nothing.write_text("29 1 0:26 / /proc rw - proc proc rw\n")
    (tmp_path / "self").mkdir()
    (tmp_path / "self/status").write_text("Name:\tx\nCapEff:\t0000000000000000\n")
    found = kernel.look(
        Surroundings(
            libbpf="libbpf.so.9",
            btf=tmp_path / "vmlinux",
            mountinfo=nothing,
            proc=tmp_path,
        ),
        lockdown=tmp_path / "lockdown",
    )
    assert found.missing == ("CAP_BPF", "CAP_PERFMON", "CAP_NET_ADMIN")
    assert (found.libbpf, found.has_btf, found.lockdown) == ("", False, "")
    assert (found.cgroup, found.bpffs, found.loads) == (None, None, None)


def test_a_hybrid_hierarchy_is_told_from_a_unified_one(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    v2 = "30 1 0:27 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
    mounts.write_text(v2)
    assert not kernel.look(replace(HERE, mountinfo=mounts)).is_hybrid
    mounts.write_text(f"29 1 0:26 / /sys/fs/cgroup/pids rw - cgroup cgroup rw\n{v2}")
    found = kernel.look(replace(HERE, mountinfo=mounts))
    assert found.is_hybrid
    assert found.cgroup == Path("/sys/fs/cgroup/unified")


def test_the_mode_of_lockdown_is_the_one_in_brackets(tmp_path: Path) -> None:
    path = tmp_path / "lockdown"
    path.write_text("none integrity [confidentiality]\n")
    assert kernel.read_lockdown(path) == "confidentiality"
    path.write_text("what?")
    assert kernel.read_lockdown(path) == ""


# Daemons and the service.


def test_a_daemon_is_asked_once_however_many_ways_lead_to_it(tmp_path: Path) -> None:
    path, other = tmp_path / "run/a.sock", tmp_path / "b.sock"
    with daemon_at(path):
        other.symlink_to(path)
        found, silent = daemons.ask([path, other, path], tmp_path / "system.sock")
    assert ([each.pid for each in found], silent) == ([os.getpid()], [])
    assert not found[0].is_service


def test_who_listens_and_says_nothing_is_silent(
    tmp_path: Path, dead_socket: Path
) -> None:
    path = tmp_path / "mute.sock"
    with closing(socket.socket(socket.AF_UNIX)) as link:
        link.bind(str(path))
        link.listen(4)
        asked = [path, dead_socket, tmp_path / "missing.sock"]
        found, silent = daemons.ask(asked, path, timeout_s=0.1)
        (stranger,) = daemons.strangers([path, dead_socket])
    assert (found, silent) == ([], [path])
    assert stranger == (os.getpid(), path)  # the kernel says it, not the other side


def unit_folders(tmp_path: Path) -> tuple[Path, ...]:
    """Folders of unit files, the strongest first."""
    made = (tmp_path / "etc", tmp_path / "usr")
    for folder in made:
        folder.mkdir()
    return made


def test_a_unit_is_found_with_whether_it_is_enabled(tmp_path: Path) -> None:
    etc, usr = folders = unit_folders(tmp_path)
    assert daemons.find_service([], folders, runs=False).unit is None
    assert not daemons.find_service([], folders, runs=False).is_used
    (usr / "esimmon.service").write_text("[Service]\n")
    found = daemons.find_service([], folders, runs=True)
    assert (found.unit, found.is_enabled) == (usr / "esimmon.service", False)
    assert found.runs
    assert found.is_used
    wants = etc / "multi-user.target.wants"
    wants.mkdir()
    (wants / "esimmon.service").symlink_to("/nonexistent")
    assert daemons.find_service([], folders, runs=True).is_enabled


def test_a_masked_unit_is_none(tmp_path: Path) -> None:
    etc, usr = folders = unit_folders(tmp_path)
    (usr / "esimmon.service").write_text("[Service]\n")
    (etc / "esimmon.service").symlink_to("/dev/null")
    assert daemons.find_service([], folders, runs=False).unit is None


# Buses and networks.


def test_a_bus_that_is_not_there_has_a_reason(tmp_path: Path) -> None:
    found = buses.ask(f"unix:path={tmp_path}/bus", ["org.example.X"])
    assert found.failure == "No such file or directory"
    assert not found.answers


@pytest.mark.needs("dbus-daemon")
def test_nobody_is_activated_by_being_looked_for(tmp_path: Path) -> None:
    services = tmp_path / "services"
    services.mkdir()
    (services / "x.service").write_text(
        "[D-BUS Service]\nName=org.freedesktop.Notifications\n"
        f"Exec=/bin/sh -c 'touch {tmp_path}/activated'\n"
    )
    with session_bus(tmp_path, services) as (environ, _):
        address = environ["DBUS_SESSION_BUS_ADDRESS"]
        found = buses.ask(address, ["org.freedesktop.Notifications", "org.example.X"])
    assert found.answers
    assert found.owned == frozenset()
    assert found.activatable == {"org.freedesktop.Notifications"}
    assert not (tmp_path / "activated").exists()


def test_loopback_is_a_device_of_every_machine() -> None:
    found = networks.look()
    assert found.failure == ""
    assert "lo" in {link.name for link in found.links.values()}
