"""Finding what dead daemons left, and taking it away."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from monitor.checks.leftovers import Leftovers, Life
from monitor.checks.probes import leftovers, pins
from monitor.checks.removal import remove
from monitor.client import statusfile
from monitor.store.lock import WriterLock, is_held
from monitor.tiers import pin_name
from tests.unit.commands.listening import daemon_at

SEEN = pins.Seen("libbpf.so.1", Path("/proc"))


def where(tmp_path: Path, **changes: Any) -> leftovers.Where:  # noqa: ANN401 - any field
    """A machine with nothing but a folder for sockets."""
    nothing = leftovers.Where((), (tmp_path / "run",), None, None, "libbpf.so.1")
    return nothing._replace(**changes)


def test_what_a_killed_daemon_left_in_a_folder_is_found_and_removed(
    tmp_path: Path, dead_socket: Path
) -> None:
    status = Path(statusfile.status_path(dead_socket))
    status.write_text(json.dumps({"version": 1, "store": "/srv/usage.db"}))
    for name, text in (
        ("a", "{}"),
        ("b", "[" * 100_000),
        ("c", '{"store":"/\\u0000"}'),
    ):
        (tmp_path / "run" / f"{name}.json").write_text(text)  # somebody else's
    found = leftovers.look(where(tmp_path))

    assert [left.path for left in found.sockets] == [dead_socket]
    assert [left.path for left in found.statuses] == [status]
    assert all(failure == "" for _, failure in remove(found, "libbpf.so.1"))
    assert not dead_socket.exists()
    assert not status.exists()
    assert len(list((tmp_path / "run").iterdir())) == 3


def test_files_of_a_daemon_that_answers_are_not_left_over(tmp_path: Path) -> None:
    path = tmp_path / "run" / "esimmon.sock"
    with daemon_at(path):
        status = Path(statusfile.status_path(path))
        status.write_text(json.dumps({"version": 1, "store": "/srv/usage.db"}))
        found = leftovers.look(where(tmp_path))
    assert (found.sockets, found.statuses) == ((), ())


def test_a_socket_that_came_to_life_meanwhile_stays(
    tmp_path: Path, dead_socket: Path
) -> None:
    found = leftovers.look(where(tmp_path))
    assert found.sockets
    with daemon_at(dead_socket):
        list(remove(found, "libbpf.so.1"))
        assert dead_socket.is_socket()


def test_only_empty_cgroups_of_measurements_that_have_ended_are_left_over(
    tmp_path: Path,
) -> None:
    proc, root = tmp_path / "proc", tmp_path / "cgroup"
    for pid, command in ((10, b"esimmon\0measure\0curl\0"), (11, b"bash\0")):
        (proc / str(pid)).mkdir(parents=True)
        (proc / str(pid) / "cmdline").write_bytes(command)
    for name, members in (
        ("10", ""),
        ("11", ""),
        ("12", ""),
        ("13", "77\n"),
        ("x", ""),
    ):
        folder = root / f"esimmon-measure-{name}"
        folder.mkdir(parents=True)
        (folder / "cgroup.procs").write_text(members)
    found = leftovers.look(where(tmp_path, cgroup=root, proc=proc))
    assert [left.path.name for left in found.cgroups] == [
        "esimmon-measure-11",  # its number is another process's now
        "esimmon-measure-12",
    ]


def bpffs(tmp_path: Path, store: Path) -> Path:
    """A folder like a bpffs on which a store has a folder, with nothing pinned."""
    root = tmp_path / "bpf"
    (root / "esimmon" / pin_name(store) / "current").mkdir(parents=True)
    (root / "esimmon" / "test-1").mkdir()  # not a store's
    return root


def test_the_lock_tells_whether_a_stores_daemon_lives(tmp_path: Path) -> None:
    store = tmp_path / "usage.db"
    root = bpffs(tmp_path, store)
    assert not is_held(store)
    with WriterLock(store):
        assert is_held(store)
        (found,) = pins.look(root, [store], SEEN)
        assert found.life is Life.RUNS
    assert not is_held(store)
    (found,) = pins.look(root, [store], SEEN)
    assert (found.life, found.store, found.has_store) == (Life.DEAD, store, False)


def test_a_daemon_that_has_just_started_keeps_its_pins(tmp_path: Path) -> None:
    store = tmp_path / "usage.db"
    root = bpffs(tmp_path, store)
    with WriterLock(store):
        pass
    found = leftovers.look(where(tmp_path, stores=(store,), bpffs=root))
    with WriterLock(store):
        (removed,) = remove(found, "libbpf.so.1")
    assert "in use by the process" in removed.failure
    assert found.pins[0].folder.exists()


def test_a_store_that_nobody_knows_cannot_be_proved_dead_from_a_container(
    tmp_path: Path,
) -> None:
    root = bpffs(tmp_path, tmp_path / "usage.db")
    proc = tmp_path / "proc"
    (proc / "self/ns").mkdir(parents=True)
    (proc / "self/ns/pid").write_text("")  # not the number of the first namespace
    (found,) = pins.look(root, [], SEEN._replace(proc=proc))
    assert (found.life, found.store) == (Life.UNKNOWN, None)
    assert list(remove(Leftovers(pins=(found,)), "libbpf.so.1")) == []
    assert found.folder.exists()


@pytest.mark.needs("root", "libbpf.so.1")
def test_maps_that_another_process_holds_are_seen() -> None:
    script = (
        "from monitor.checks.probes import kernel as k\n"
        "k.Loaded.close = lambda *_, **__: None\n"
        "k.try_loading(k.Surroundings())\n"
        "print('ready', flush=True); input()\n"
    )
    before = pins.held_maps(Path("/proc"))
    with subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        held = pins.held_maps(Path("/proc"))
        process.send_signal(signal.SIGKILL)
    assert held - before
