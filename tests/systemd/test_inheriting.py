"""The service goes on where a run by hand was killed; nothing of that stays behind."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.daemon import QUICK, wait_for
from tests.e2e.truth import adds_up, are_gone, moved, on_disk
from tests.systemd.booted import LIBRARIES, POLKIT, SYSTEMD
from tests.systemd.installed import DROP_IN, PROGRAM, Installed, with_program
from tests.systemd.test_install import CONFIG, download, in_kernel, install

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lab import Lab

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.needs(
        *("root", "ip", "nft", "nsenter", "unshare", "setpriv", "libbpf.so.1"),
        *("bpftool", "dbus-daemon", "systemd-sysusers", "useradd", SYSTEMD, POLKIT),
    ),
]


@pytest.fixture
def box(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """A machine with the service, which is stopped."""
    with with_program(tmp_path_factory.mktemp("machine"), lab.near) as made:
        (made.root / CONFIG).parent.mkdir()
        (made.root / CONFIG).write_text(QUICK, encoding="utf-8")
        box = Installed(made)
        install(box)
        made.run("systemctl", "stop", "esimmon")
        yield box


def run_by_hand(box: Installed, *options: str, unit: str = "by-hand") -> Path:
    """Start a run as root does in a terminal; returns where its pins are."""
    environ = (f"--setenv={LIBRARIES}", f"--unit={unit}", "--collect")
    places = [box.machine.root / each for each in ("sys/fs/bpf/esimmon", "run/esimmon")]
    before = {path for place in places for path in place.glob("*")}
    box.machine.run("systemd-run", "--quiet", *environ, PROGRAM, "run", *options)

    def new(number: int, pattern: str) -> list[Path]:
        return [each for each in places[number].glob(pattern) if each not in before]

    # The file comes with the first sample, which is stored then.
    wait_for(lambda: new(1, "*.json"), "its first sample")
    (pins,) = new(0, "*")
    return pins


def kill(box: Installed) -> None:
    """As the kernel does when memory is short."""
    box.machine.run("systemctl", "kill", "--signal=KILL", "by-hand")
    wait_for(lambda: box.show("by-hand", "MainPID") in ("", "0"), "it to end")


def links_of(box: Installed, pins: Path) -> set[int]:
    """The kernel's numbers of the links that are pinned."""
    inside = Path("/") / pins.relative_to(box.machine.root)
    show = ("bpftool", "-j", "link", "show", "pinned")
    names = [each.name for each in (pins / "current").glob("link_*")]
    paths = [str(inside / "current" / name) for name in names]
    return {json.loads(box.machine.run(*show, path))["id"] for path in paths}


def orphans(box: Installed) -> list[dict[str, str]]:
    """What doctor says of pins."""
    findings = json.loads(box.esimmon("doctor", "--json").output)["findings"]
    return [each for each in findings if each["id"] == "orphan-pins"]


def test_the_service_counts_on_what_a_killed_run_counted(
    lab: Lab, box: Installed, tmp_path: Path
) -> None:
    pins = run_by_hand(box)
    wire = {"during": download(lab, box, "during", 300_000)}
    kill(box)
    links = links_of(box, pins)
    assert links
    wire["between"] = download(lab, box, "between", 200_000)

    box.machine.run("systemctl", "start", "esimmon")
    assert in_kernel(box)["link"] == links  # they were counting all the time
    assert not pins.exists()
    wire["after"] = download(lab, box, "after", 400_000)
    assert orphans(box) == []

    box.machine.run("systemctl", "stop", "esimmon")
    wait_for(partial(are_gone, "link", links), "each link to go")
    report = on_disk(box.machine.root / "var/lib/esimmon", tmp_path)
    rows = report["rows"]
    found = {name: moved([row for row in rows if row["comm"] == name]) for name in wire}
    assert found == wire
    assert adds_up(report)


def test_counts_that_the_database_does_not_know_are_removed(box: Installed) -> None:
    pins = run_by_hand(box)
    kill(box)
    links = links_of(box, pins)
    box.machine.run("sh", "-c", "rm /var/lib/esimmon/usage.db*")
    box.machine.run("systemctl", "start", "esimmon")
    assert not pins.exists()
    wait_for(partial(are_gone, "link", links), "each link to go")
    assert "removed what a run that was killed left" in box.machine.said()
    assert box.show("esimmon", "ActiveState") == "active"


def test_doctor_finds_what_the_service_could_not_take_over_and_nothing_else(
    box: Installed,
) -> None:
    other = run_by_hand(box, "--store", "/root/other.db", unit="other")
    pins = run_by_hand(box)
    kill(box)
    links = links_of(box, pins)
    without = "[Service]\nExecStartPre=\n"
    (box.machine.root / DROP_IN[1:] / "without.conf").write_text(without)
    box.machine.run("systemctl", "daemon-reload")
    box.machine.run("systemctl", "start", "esimmon")
    held = in_kernel(box)
    assert not held["link"] & links
    (finding,) = orphans(box)
    assert finding["level"] == "warn"
    assert "the daemon of /var/lib/esimmon/usage.db has its own" in finding["text"]
    assert finding["remedy"] == f"{PROGRAM} doctor --remove-orphans"

    done = box.esimmon("doctor", "--remove-orphans")
    assert (done.status, done.complaint) == (0, "")
    wait_for(partial(are_gone, "link", links), "each link to go")
    assert not pins.exists()
    assert in_kernel(box) == held
    assert links_of(box, other)
    assert orphans(box) == []
    refused = box.esimmon("service", "inherit")
    assert refused.status == 1
    assert "as it starts" in refused.complaint
