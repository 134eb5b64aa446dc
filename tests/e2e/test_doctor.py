"""`esimmon doctor` beside real daemons: what it sees, lists and takes away.

These tests have a /run and a bpffs of their own: taking away what is left must not meet
what another daemon on this machine has.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from monitor.client import statusfile
from monitor.collectors.bpf.cgroups import find_root
from monitor.store.lock import is_held
from tests.e2e.daemon import Esimmon, wait_for
from tests.e2e.places import Mounts, without_libbpf
from tests.e2e.truth import are_gone, kernel_ids, of_process, transfer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.e2e.places import Place
    from tests.lab import Lab

ORPHANS = ("orphan-pins", "orphan-socket", "orphan-status")
KINDS = ("link", "map", "prog")


class Alone(Esimmon):
    """The program with a /run and a bpffs that nobody else has."""

    def __init__(self, folder: Path, place: Place, mounts: Mounts) -> None:
        super().__init__(folder, place.behind(mounts))
        self._mounts = mounts

    def control(self) -> Path:
        """The socket, as it is reached from outside."""
        return self._mounts.path(str(super().control()))

    def pins(self) -> Path:
        """The pins, as they are reached from outside."""
        return self._mounts.path(str(super().pins()))

    def pinned(self) -> list[Path]:
        """What is pinned of the program that counts."""
        return sorted((self.pins() / "current").iterdir())

    def status_file(self) -> Path:
        """The status file, as it is reached from outside."""
        return Path(statusfile.status_path(self.control()))

    def doctor(self, *options: str) -> dict[str, Any]:
        """What it finds."""
        done = self.call("doctor", "--json", *options)
        assert done.stderr == ""
        found: dict[str, Any] = json.loads(done.stdout)
        errors = [each for each in found["findings"] if each["level"] == "error"]
        assert done.returncode == (1 if errors else 0)
        return found

    def about(self, *ids: str) -> list[dict[str, str]]:
        """The findings with these ids."""
        return [each for each in self.doctor()["findings"] if each["id"] in ids]


@pytest.fixture
def make_alone(folder: Path, root: Place) -> Iterator[Callable[[], Alone]]:
    """Make the program; all that it makes share one /run and one bpffs."""
    made: list[Alone] = []
    commands = ("mount -t tmpfs none /run", "mount -t bpf bpf /sys/fs/bpf")
    with Mounts(*commands) as mounts:

        def make() -> Alone:
            home = folder / f"alone-{len(made)}"
            home.mkdir()
            made.append(Alone(home, root, mounts))
            return made[-1]

        yield make
        for each in made:
            each.close()


@pytest.fixture
def alone(make_alone: Callable[[], Alone]) -> Alone:
    """The program by itself."""
    return make_alone()


def test_a_running_daemon_is_seen_with_its_tier_and_nothing_is_left_behind(
    alone: Alone,
) -> None:
    daemon = alone.start()
    found = alone.doctor()

    assert (found["version"], found["tier"]) == (1, "ebpf")
    by_id = {each["id"]: each for each in found["findings"]}
    assert str(daemon.process.pid) in by_id["daemon"]["text"]
    assert str(alone.store) in by_id["daemon"]["text"]
    for finding_id in ("tier", "daemon", "store", "store-integrity", "last-flush"):
        assert by_id[finding_id]["level"] == "ok", by_id[finding_id]
    assert not {*ORPHANS, "two-daemons"} & set(by_id)


def test_after_a_clean_stop_there_is_nothing_to_find(alone: Alone) -> None:
    daemon = alone.start()
    pinned = alone.pinned()
    before = {kind: kernel_ids(kind, pinned) for kind in KINDS}
    assert alone.status_file().exists()
    assert is_held(alone.store)

    assert daemon.stop() == 0
    assert alone.about(*ORPHANS) == []
    assert not any(map(Path.exists, (alone.pins(), alone.pins().parent)))
    assert list(alone.control().parent.iterdir()) == []
    assert not is_held(alone.store)
    for kind, ids in before.items():
        wait_for(partial(are_gone, kind, ids), f"each {kind} to go")


def test_what_a_killed_daemon_left_is_listed_and_can_be_taken_away(
    alone: Alone,
) -> None:
    daemon = alone.start()
    pinned = alone.pinned()
    before = {kind: kernel_ids(kind, pinned) for kind in KINDS}
    assert all(before.values())
    wait_for(alone.status_file().exists, "the status file")
    daemon.kill()

    pins, socket, status = alone.about(*ORPHANS)
    assert pins["level"] == "note"
    assert f"The daemon of {alone.store} was killed" in pins["text"]
    assert "takes that over without loss" in pins["text"]
    assert pins["remedy"].endswith(f"run --store {alone.store}")
    assert alone.control().name in socket["text"]
    assert alone.status_file().name in status["text"]
    assert socket["remedy"].endswith("doctor --remove-orphans")
    for kind, ids in before.items():  # looking took nothing away
        assert not are_gone(kind, ids)

    done = alone.call("doctor", "--remove-orphans")
    assert (done.returncode, done.stderr) == (0, "")
    shown = done.stdout.splitlines()
    assert f"removed /sys/fs/bpf/esimmon/{alone.pins().name}" in shown
    assert len([line for line in shown if "store-" in line]) == 3
    assert not any(map(Path.exists, (alone.pins(), alone.pins().parent)))
    assert list(alone.control().parent.iterdir()) == []
    assert not is_held(alone.store)
    for kind, ids in before.items():
        wait_for(partial(are_gone, kind, ids), f"each {kind} to go")
    assert alone.about(*ORPHANS) == []
    assert alone.start().stop() == 0


def test_the_start_that_is_advised_takes_over_what_the_kernel_counted(
    alone: Alone, lab: Lab
) -> None:
    daemon = alone.start()
    daemon.kill()
    pid, wire = transfer(lab, down=50_000)
    (pins,) = alone.about("orphan-pins")
    assert "run --store" in pins["remedy"]
    alone.start()

    assert of_process(alone.report(), pid) == wire
    assert alone.about(*ORPHANS) == []


def test_nothing_of_a_running_daemon_is_taken_away(
    make_alone: Callable[[], Alone], lab: Lab
) -> None:
    running, other = make_alone(), make_alone()
    running.start()
    links = kernel_ids("link", running.pinned())
    # Whoever asks does not know its store, and its status file is gone.
    wait_for(running.status_file().exists, "the status file")
    running.status_file().unlink()
    done = other.call("doctor", "--remove-orphans")

    assert (done.returncode, done.stderr) == (0, "")
    assert running.pins().name not in done.stdout
    assert kernel_ids("link", running.pinned()) == links
    assert running.control().is_socket()
    pid, wire = transfer(lab, down=50_000)
    assert of_process(running.report(), pid) == wire


def test_pins_of_a_database_that_is_gone_are_in_vain(alone: Alone) -> None:
    alone.start().kill()
    links = kernel_ids("link", alone.pinned())
    for path in alone.folder.glob("usage.db*"):
        path.unlink()

    (pins,) = alone.about("orphan-pins")
    assert pins["level"] == "warn"
    assert f"{alone.store}, which is gone" in pins["text"]
    assert pins["remedy"].endswith("doctor --remove-orphans")
    assert alone.call("doctor", "--remove-orphans").returncode == 0
    assert not alone.pins().exists()
    wait_for(partial(are_gone, "link", links), "each link to go")


def test_two_daemons_are_too_many(make_alone: Callable[[], Alone]) -> None:
    one, other = make_alone(), make_alone()
    one.start()
    second = other.start()

    (finding,) = one.about("two-daemons")
    assert finding["level"] == "warn"
    assert str(other.store) in finding["text"]
    assert finding["remedy"] == f"kill -INT {second.process.pid}"


def test_a_daemon_that_hangs_is_an_error(alone: Alone) -> None:
    daemon = alone.start()
    daemon.send(signal.SIGSTOP)
    try:
        (finding,) = alone.about("daemon-silent")
        assert finding["level"] == "error"
        assert alone.control().name in finding["text"]
    finally:
        daemon.send(signal.SIGCONT)


def test_the_cgroup_of_a_killed_measurement_is_listed_and_taken_away(
    alone: Alone,
) -> None:
    words = [*alone.place.enter, alone.place.python, "-m", "monitor", "measure"]
    script = "import os; print(os.getpid(), flush=True); input()"
    process = subprocess.Popen(
        [*words, sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=alone.place.environ,
    )
    cgroup = find_root() / f"esimmon-measure-{process.pid}"
    with process:
        assert process.stdout is not None
        measured = int(process.stdout.readline())
        assert str(cgroup) not in str(alone.about("orphan-cgroup"))
        process.kill()
        process.wait()
        # Its command lives on in it.
        assert str(cgroup) not in str(alone.about("orphan-cgroup"))
        os.kill(measured, signal.SIGKILL)
    wait_for(lambda: not (cgroup / "cgroup.procs").read_text(), "the command to end")

    assert "orphan-cgroup" in {each["id"] for each in alone.doctor()["findings"]}
    done = alone.call("doctor", "--remove-orphans")
    assert f"removed {cgroup}" in done.stdout
    assert not cgroup.exists()


def test_a_plain_user_is_told_what_root_would_have(
    user: Place, make: Callable[[Place], Esimmon]
) -> None:
    esimmon = make(user)
    done = esimmon.call("doctor", "--json")
    assert done.stderr == ""
    found = json.loads(done.stdout)
    by_id = {each["id"]: each for each in found["findings"]}
    assert found["tier"] != "ebpf"
    assert by_id["tier"]["level"] == by_id["capabilities"]["level"] == "warn"
    assert by_id["capabilities"]["remedy"].startswith("sudo ")
    assert by_id["capabilities"]["remedy"].endswith(" run")
    assert "programs" not in by_id  # it may not be tried

    text = esimmon.call("doctor")
    assert text.returncode == done.returncode
    assert "\x1b" not in text.stdout
    for line in text.stdout.splitlines():
        assert len(line) <= 80 or line.lstrip().startswith("$ ")


def test_without_libbpf_the_package_is_named(
    root: Place, make: Callable[[Place], Esimmon]
) -> None:
    with Mounts(without_libbpf()) as mounts:
        done = make(root.behind(mounts)).call("doctor", "--json")
    by_id = {each["id"]: each for each in json.loads(done.stdout)["findings"]}
    assert by_id["libbpf"]["level"] == "warn"
    assert by_id["libbpf"]["remedy"] in (
        "apt-get install -y libbpf1",
        "dnf install -y libbpf",
        "pacman -S --noconfirm libbpf",
        "zypper install -y libbpf1",
    )
    assert by_id["tier"]["level"] == "warn"
