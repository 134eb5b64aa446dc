"""`esimmon service` on a machine with the real systemd, from nothing to nothing."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.e2e.daemon import QUICK, wait_for
from tests.e2e.truth import adds_up, are_gone, free_port, moved, on_disk
from tests.load import next_line
from tests.systemd.booted import LIBRARIES, OPT, POLKIT, PYTHON, SYSTEMD
from tests.systemd.installed import DROP_IN, PERSON, PROGRAM, Installed, with_program

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.lab import Both, Lab
    from tests.systemd.installed import Answer

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.needs(
        *("root", "ip", "nft", "nsenter", "unshare", "setpriv", "libbpf.so.1"),
        *("bpftool", "dbus-daemon", "systemd-sysusers", "useradd", SYSTEMD, POLKIT),
    ),
]

UNIT = "etc/systemd/system/esimmon.service"
AGENT = "etc/systemd/user/esimmon-notify.service"
CONFIG = "etc/esimmon/config.toml"
WRITTEN = {
    "etc/systemd/system/esimmon-relay.service",
    *(UNIT, AGENT, CONFIG, "etc/xdg/autostart/esimmon-notify.desktop"),
    *("etc/sysusers.d/esimmon.conf", "etc/tmpfiles.d/esimmon.conf"),
    "etc/systemd/system/multi-user.target.wants/esimmon.service",
    "etc/systemd/user/graphical-session.target.wants/esimmon-notify.service",
}
_USERS = {"passwd", "shadow", "group", "gshadow", "subuid", "subgid", ".pwd.lock"}


@pytest.fixture
def box(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """A machine in the lab's near namespace with the program in /opt/esimmon."""
    with with_program(tmp_path_factory.mktemp("machine"), lab.near) as made:
        yield Installed(made)


def install(box: Installed) -> Answer:
    """As the person types it by sudo; it must work."""
    done = box.esimmon("service", "install", "--yes", SUDO_USER=PERSON)
    assert (done.status, done.complaint) == (0, ""), done.output
    return done


def in_etc(box: Installed) -> set[str]:
    """The files in /etc but for the user database, which keeps copies of its own."""
    root = box.machine.root
    return {
        str(path.relative_to(root))
        for path in (root / "etc").rglob("*")
        if path.name.rstrip("-") not in _USERS
        and (path.is_symlink() or not path.is_dir())
    }


def in_kernel(box: Installed) -> dict[str, set[int]]:
    """The kernel's numbers of the links and maps that the daemon holds all the time."""
    look = f"cat /proc/{box.show('esimmon', 'MainPID')}/fdinfo/* 2>/dev/null || true"
    shown = [box.machine.run("sh", "-c", look) for _ in range(3)]
    return {
        kind: set.intersection(
            *(
                set(map(int, re.findall(rf"^{kind}_id:\s*(\d+)$", each, re.MULTILINE)))
                for each in shown
            )
        )
        for kind in ("link", "map")
    }


def test_a_service_is_installed_once_and_removed_whole(box: Installed) -> None:
    before = in_etc(box)
    assert "(tier ebpf)" in install(box).output
    assert box.show("esimmon", "ActiveState") == "active"
    assert in_etc(box) - before == WRITTEN
    assert "(esimmon)" in box.machine.run("id", PERSON)

    life = box.show("esimmon", "InvocationID")
    again = install(box)
    assert again.output.startswith("Nothing to do")
    assert "done:" not in again.output
    assert box.show("esimmon", "InvocationID") == life

    held = in_kernel(box)
    assert all(held.values())
    gone = box.esimmon("service", "uninstall")
    assert (gone.status, gone.complaint) == (0, "")
    assert in_etc(box) - before == {CONFIG}
    for kept in ("/var/lib/esimmon", "/etc/esimmon", DROP_IN):
        assert f"kept: {kept}" in gone.output
    assert not (box.machine.root / "run/esimmon").exists()
    for kind, ids in held.items():
        wait_for(partial(are_gone, kind, ids), f"each {kind} to go")
    assert box.esimmon("service", "uninstall").output.startswith("Nothing to do")
    assert "not installed" in box.esimmon("service", "status").output


def download(lab: Lab, box: Installed, name: str, size_bytes: int) -> Both:
    """A service of that machine downloads; returns what was on the wire."""
    far, port = lab.address["far4"], free_port()
    server = lab.far.traffic("serve", far, port)
    next_line(server)
    run = ("systemd-run", "--quiet", "--wait", "--collect", f"--setenv={LIBRARIES}")
    script = f"{OPT}/checkout/tests/traffic.py"
    call = ("transfer", far, str(port), "0", str(size_bytes), name)
    box.machine.run(*run, PYTHON, script, *call)
    assert server.wait() == 0
    lab.wire()
    return lab.port(port)


def test_a_newer_program_is_started_anew_and_no_byte_loses_its_owner(
    lab: Lab, box: Installed, tmp_path: Path
) -> None:
    install(box)
    (box.machine.root / CONFIG).write_text(QUICK, encoding="utf-8")
    box.machine.run("systemctl", "reload", "esimmon")
    wire = {"before": download(lab, box, "before", 400_000)}
    held = in_kernel(box)

    packages = next((box.machine.root / "opt/esimmon/lib").glob("*/site-packages"))
    (packages / "monitor/clock.py").touch()
    status = box.esimmon("service", "status", "--json")
    said = json.loads(status.output)
    assert (status.status, said["counts"], said["tier"]) == (0, True, "ebpf")
    assert said["program"] == PROGRAM
    assert said["restart_needed"]

    life = box.show("esimmon", "InvocationID")
    assert "run systemctl restart esimmon.service" in install(box).output
    assert box.show("esimmon", "InvocationID") != life
    assert in_kernel(box) == held  # they were counting all the time
    wire["after"] = download(lab, box, "after", 300_000)
    status = box.esimmon("service", "status")
    assert status.status == 0
    assert "on disk it is newer" not in status.output

    box.machine.run("systemctl", "stop", "esimmon")
    assert box.esimmon("service", "status").status == 1
    report = on_disk(box.machine.root / "var/lib/esimmon", tmp_path)
    rows = report["rows"]
    found = {name: moved([row for row in rows if row["comm"] == name]) for name in wire}
    assert found == wire
    assert adds_up(report)


def test_the_watchdog_ends_what_hangs_and_the_counts_are_kept(box: Installed) -> None:
    quick = "[Service]\nWatchdogSec=2\nTimeoutAbortSec=1\nRestartSec=0\n"
    (box.machine.root / DROP_IN[1:] / "quick.conf").write_text(quick, encoding="utf-8")
    (box.machine.root / CONFIG).parent.mkdir()
    (box.machine.root / CONFIG).write_text(QUICK, encoding="utf-8")
    install(box)
    life, held = box.show("esimmon", "InvocationID"), in_kernel(box)
    box.machine.run("systemctl", "kill", "--signal=STOP", "esimmon")
    wait_for(lambda: box.show("esimmon", "InvocationID") != life, "another life")
    wait_for(lambda: box.show("esimmon", "ActiveState") == "active", "it to count")
    assert box.show("esimmon", "NRestarts") == "1"
    assert in_kernel(box) == held


def test_removing_releases_what_a_daemon_run_by_hand_left_in_the_kernel(
    box: Installed,
) -> None:
    environ = (f"--setenv={LIBRARIES}", "--unit=by-hand")
    box.machine.run("systemd-run", "--quiet", *environ, PROGRAM, "run")
    pins = box.machine.root / "sys/fs/bpf/esimmon"
    wait_for(pins.exists, "it to count")
    box.machine.run("systemctl", "kill", "--signal=KILL", "by-hand")
    wait_for(lambda: box.show("by-hand", "MainPID") in ("", "0"), "it to end")
    shown = box.esimmon("service", "uninstall", "--dry-run")
    assert "remove /sys/fs/bpf/esimmon/" in shown.output
    assert pins.exists()
    assert "done: remove /sys/fs/bpf" in box.esimmon("service", "uninstall").output
    assert not pins.exists()


def test_what_hinders_the_service_is_said_and_mended(box: Installed) -> None:
    root = box.machine.root
    box.machine.run("systemctl", "start", "systemd-journald.service")
    (root / DROP_IN[1:] / "log.conf").unlink()
    (root / CONFIG).parent.mkdir()
    (root / CONFIG).write_text("[sampling]\ntick = 5\n", encoding="utf-8")
    failed = box.esimmon("service", "install", "--no-add-user")
    assert failed.status == 1
    assert "sampling.tick = 5: must be a time" in failed.output  # from the journal
    assert "`systemctl start esimmon.service` failed" in failed.complaint
    assert f"write /{UNIT}, " in failed.complaint  # of what was done so far
    assert box.esimmon("service", "status").status == 1

    (root / CONFIG).write_text("# mine\n", encoding="utf-8")
    assert "write" not in install(box).output
    assert (root / CONFIG).read_text(encoding="utf-8") == "# mine\n"

    with (root / UNIT).open("a", encoding="utf-8") as file:
        file.write("# mine\n")
    refused = box.esimmon("service", "install")
    assert refused.status == 1
    assert f"changed by hand, and so left alone: /{UNIT}" in refused.complaint
    replaced = box.esimmon("service", "install", "--overwrite")
    assert replaced.status == 0, replaced.complaint
    assert (root / f"{UNIT}.old").read_text(encoding="utf-8").endswith("# mine\n")

    with (root / AGENT).open("a", encoding="utf-8") as file:
        file.write("# mine, too\n")
    gone = box.esimmon("service", "uninstall")
    assert f"left, because it was changed by hand: /{AGENT}" in gone.output
    assert (root / AGENT).exists()
    assert not (root / UNIT).exists()
