"""The unit under the real systemd, logind and polkit: before a sleep all is on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.daemon import SLOW, wait_for
from tests.e2e.truth import adds_up, billed, on_disk, raw, transfer
from tests.systemd.booted import POLKIT, SYSTEMD, with_service

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.lab import Lab
    from tests.systemd.booted import Machine

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.needs(
        *("root", "ip", "nft", "nsenter", "unshare", "setpriv", "libbpf.so.1"),
        *("dbus-daemon", "systemd-inhibit", "systemd-sysusers", SYSTEMD, POLKIT),
    ),
]


@pytest.fixture
def machine(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A machine in the lab's near namespace that would flush in ten minutes."""
    with with_service(tmp_path_factory.mktemp("machine"), lab.near, SLOW) as made:
        yield made


def locks(machine: Machine) -> list[list[str]]:
    """Who delays a sleep, as logind lists it: name, user, kind."""
    shown = machine.run("systemd-inhibit", "--list", "--no-legend", "--no-pager")
    return [
        [line.split()[at] for at in (0, 2, -1)]
        for line in shown.splitlines()
        if "esimmon" in line
    ]


def test_a_sleep_waits_for_the_service_and_for_no_longer_than_it_needs(
    lab: Lab, machine: Machine, tmp_path: Path
) -> None:
    machine.run("systemctl", "start", "esimmon")
    before = raw(lab.near)
    held = [["esimmon", "esimmon", "delay"]]
    asleep = machine.root / "run/asleep"
    for down in (300_000, 200_000):
        wait_for(lambda: locks(machine) == held, "the lock")
        transfer(lab, down=down)
        machine.run("systemctl", "suspend")
        wait_for(asleep.exists, "the machine to sleep")
        assert locks(machine) == []
        report = on_disk(asleep, tmp_path)
        assert billed(report) == raw(lab.near) - before
        assert adds_up(report)
        (machine.root / "run/wake").touch()
        wait_for(lambda: not asleep.exists(), "the machine to wake up")
    machine.run("systemctl", "restart", "systemd-logind")
    wait_for(lambda: locks(machine) == held, "the lock")
    machine.run("systemctl", "stop", "esimmon")
    assert locks(machine) == []
    assert (
        machine.run("systemctl", "show", "esimmon", "-P", "Result").strip() == "success"
    )
    assert "Traceback" not in machine.said()
