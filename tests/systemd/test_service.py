"""The real daemon as its unit starts it: its user, capabilities, folders, no bpffs."""

from __future__ import annotations

import json
import os
import random
import signal
import tempfile
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from monitor.daemon.control import request
from tests.e2e.daemon import QUICK, wait_for
from tests.e2e.places import NOBODY, Mounts, plain_user, readable_copy
from tests.e2e.truth import Transfer, adds_up, are_gone, of_process
from tests.namespaces import run
from tests.systemd.manager import Manager

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

    from tests.e2e.places import Place
    from tests.lab import Lab

CAPABILITIES = "+bpf,+perfmon,+net_admin"
AS_UNIT = (  # options of setpriv(1)
    f"--inh-caps={CAPABILITIES}",
    f"--ambient-caps={CAPABILITIES}",
    f"--bounding-set=-all,{CAPABILITIES}",
    "--no-new-privs",
)
# What ProtectKernelTunables= does.
READ_ONLY = "mount --bind /sys/fs/bpf /sys/fs/bpf; mount -o remount,bind,ro /sys/fs/bpf"

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.needs(
        "root", "ip", "nft", "nsenter", "unshare", "setpriv", "libbpf.so.1"
    ),
]


class Unit:
    """The daemon under a manager.

    Attributes:
        manager: it.
        process: the daemon that was started last.
    """

    process: subprocess.Popen[str]

    def __init__(
        self, manager: Manager, place: Place, folders: dict[str, Path]
    ) -> None:
        self.manager = manager
        self._place = place
        self._folders = folders

    def start(self) -> None:
        """Start the daemon with what the manager keeps, and wait until it counts."""
        given = {f"{name}_DIRECTORY": str(at) for name, at in self._folders.items()}
        self.process = self.manager.start(
            [*self._place.enter, self._place.python, "-m", "monitor", "run"],
            self._place.environ | given,
        )
        self.manager.wait_for("READY=1")

    def end(self, number: signal.Signals) -> None:
        """End the daemon, and keep what the manager keeps."""
        self.process.send_signal(number)
        self.process.communicate(timeout=20)

    def ask(self, method: str) -> dict[str, Any]:
        """Ask it by the socket in its folder."""
        answer = request(self._folders["RUNTIME"] / "esimmon.sock", method, {})
        assert answer is not None, f"no answer to {method}"
        return answer

    def files(self) -> list[Path]:
        """What is in the folder of its socket."""
        return list(self._folders["RUNTIME"].iterdir())

    def report(self) -> dict[str, Any]:
        """All that its store has, by process."""
        store = str(self._folders["STATE"] / "usage.db")
        words = ["report", "--store", store, "--by", "process", "--json"]
        period = ["--period", "2020-01-01..2099-12-31"]
        command = [*self._place.enter, self._place.python, "-m", "monitor"]
        environ = {f"{name}={value}" for name, value in self._place.environ.items()}
        shown = run("env", "-i", *environ, *command, *words, *period)
        found: dict[str, Any] = json.loads(shown)
        return found


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the service's user may enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory(
        prefix="esimmon-unit-", ignore_cleanup_errors=True
    ) as name:
        made = Path(name)
        made.chmod(0o755)
        yield made


@pytest.fixture
def unit(lab: Lab, folder: Path) -> Iterator[Unit]:
    """The daemon as its unit starts it, not started yet."""
    folders = {
        name: folder / name.lower() / "esimmon"
        for name in ("STATE", "RUNTIME", "CONFIGURATION")
    }
    for name, at in folders.items():
        at.mkdir(parents=True, mode=0o755)
        os.chown(at, 0 if name == "CONFIGURATION" else NOBODY, -1)
    config = folders["CONFIGURATION"] / "config.toml"
    config.write_text(QUICK, encoding="utf-8")
    config.chmod(0o644)
    with Mounts(READ_ONLY, *readable_copy(folder)) as mounts, Manager(folder) as made:
        place = plain_user(lab.near, folder, mounts)
        *become, end_of_options = place.enter
        yield Unit(
            made, replace(place, enter=(*become, *AS_UNIT, end_of_options)), folders
        )


@pytest.fixture
def slow(lab: Lab) -> Iterator[None]:
    """What far sends is shaped, so that a transfer lasts some lives of a daemon."""
    place = ("tc", "-n", lab.far.name, "qdisc")
    end = ("dev", "eth0", "root")
    shape = ("tbf", "rate", "120mbit", "burst", "64k", "limit", "1m")
    run(*place, "add", *end, *shape)
    yield
    run(*place, "del", *end)


@pytest.mark.usefixtures("slow")
def test_restarts_and_kills_in_a_transfer_lose_and_double_nothing(
    lab: Lab, unit: Unit
) -> None:
    unit.start()
    status = unit.ask("status")
    assert status["tier"] == "ebpf"
    kept = unit.manager.names()
    assert kept
    chance = random.Random(3)  # noqa: S311 - instants that can be repeated
    load = Transfer(lab, up=100_000, down=90_000_000)
    ends = 0
    while not load.is_over():
        time.sleep(chance.uniform(0, 1))
        unit.end((signal.SIGTERM, signal.SIGKILL)[ends % 2])
        ends += 1
        unit.start()
    wire = load.wait()
    unit.end(signal.SIGTERM)
    assert ends > 2
    assert unit.manager.names() == kept
    report = unit.report()
    assert of_process(report, load.pid) == wire
    assert adds_up(report)


def test_a_stop_is_followed_by_a_fresh_start(lab: Lab, unit: Unit) -> None:
    unit.start()
    before = Transfer(lab, down=100_000)
    first = before.wait()
    unit.end(signal.SIGTERM)
    unit.manager.forget()  # as systemd does when nothing is to be started again
    while_stopped = Transfer(lab, down=200_000)
    while_stopped.wait()
    unit.start()
    after = Transfer(lab, down=400_000)
    second = after.wait()
    unit.end(signal.SIGTERM)
    report = unit.report()
    assert of_process(report, before.pid) == first
    assert of_process(report, after.pid) == second
    assert of_process(report, while_stopped.pid).rx.bytes == 0
    assert adds_up(report)


@pytest.mark.needs("bpftool")
def test_a_stop_for_good_leaves_nothing_in_the_kernel_and_no_file(unit: Unit) -> None:
    unit.start()
    kept = {kind: unit.manager.numbers(kind) for kind in ("link", "map", "prog")}
    assert all(kept.values())
    unit.end(signal.SIGTERM)
    unit.manager.forget()  # `systemctl stop`, also before the service is removed
    for kind, ids in kept.items():
        wait_for(partial(are_gone, kind, ids), f"each {kind} to go")
    assert unit.files() == []
