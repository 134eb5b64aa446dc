"""What is pinned, where it cannot be, and that nothing of it stays behind."""

from __future__ import annotations

import json
import subprocess
import time
from typing import TYPE_CHECKING

from monitor.collectors.bpf import Surroundings, open_program
from tests.namespaces import run

if TYPE_CHECKING:
    from pathlib import Path


def test_detach_leaves_no_pin_no_program_and_no_map(name: str) -> None:
    program = open_program(name, "").program
    folder = program.pin_folder
    assert folder
    pinned = {pin.name: described(pin) for pin in folder.iterdir()}
    assert {"rows", "owners", "link_skb_egress", "link_task_file"} - set(pinned) == {
        "link_task_file"  # it ran once
    }
    program.detach()
    assert program.read() is not None  # what was counted can be read still
    program.close()
    program.detach()  # nothing happens

    assert not folder.exists()
    assert not folder.parent.exists()
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and any(map(is_alive, pinned.values())):
        time.sleep(0.02)  # the kernel frees after a grace period
    assert [name for name, one in pinned.items() if is_alive(one)] == []


def described(pin: Path) -> tuple[str, int]:
    """What kind of thing is pinned there, and its id."""
    kind = "link" if pin.name.startswith("link_") else "map"
    shown = json.loads(run("bpftool", "-j", kind, "show", "pinned", str(pin)))
    return ("prog", shown["prog_id"]) if kind == "link" else (kind, shown["id"])


def is_alive(thing: tuple[str, int]) -> bool:
    """Whether the kernel still has it."""
    kind, number = thing
    show = ["bpftool", "-j", kind, "show", "id", str(number)]
    shown = subprocess.run(show, check=False, capture_output=True)
    return not shown.returncode


def test_counting_goes_on_without_pins_where_bpffs_cannot_be(tmp_path: Path) -> None:
    nowhere = Surroundings(bpffs=tmp_path / "missing")
    program = open_program("store", "", surroundings=nowhere).program
    try:
        assert not program.pinned
        assert "No such file or directory" in program.unpinned_because
        assert program.read() is not None
    finally:
        program.close()


def test_bpffs_is_mounted_when_nobody_did(tmp_path: Path) -> None:
    elsewhere = Surroundings(bpffs=tmp_path)
    program = open_program("store", "", surroundings=elsewhere).program
    try:
        assert program.pinned
        assert (tmp_path / "esimmon/store/current/rows").exists()
        program.detach()
    finally:
        program.close()
        run("umount", str(tmp_path))
