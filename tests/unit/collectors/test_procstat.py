"""Controlling terminals, of real processes and of captured files."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from monitor.collectors import procstat
from monitor.usage import Owner, Process

if TYPE_CHECKING:
    from pathlib import Path

# Debian 12, kernel 6.1; the name was chosen by the program.
CAPTURED = (
    b"4242 (a) b (c) S 1 4242 4242 34817 4242 4194560 107 0 0 0 0 0 0 0 20 0 1 0 "
    b"987654 2301952 219 18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 1 0 0\n"
)


def process(pid: int, ppid: int = 0) -> Process:
    """The process as the kernel's accounting would name it."""
    found = procstat.parse((procstat._PROC / str(pid) / "stat").read_bytes())
    assert found is not None
    owner = Owner(found.start_ticks * 10_000_000 + 5, pid, 1)
    return Process(owner, "x", "/x", (), 0, ppid, "/")


def at(process: Process, seconds: int, pid: int) -> Process:
    """Another process, started so much later, with that number."""
    start_ns = process.owner.start_boottime_ns + seconds * 10**9
    return replace(process, owner=Owner(start_ns, pid, 1))


def test_a_name_with_blanks_and_parentheses_does_not_move_the_fields() -> None:
    assert procstat.parse(CAPTURED) == (34817, 987654)


@pytest.mark.parametrize("stat", [b"", b"4242 (cut", CAPTURED[:60]])
def test_a_file_that_is_cut_short_tells_nothing(stat: bytes) -> None:
    assert procstat.parse(stat) is None


@pytest.mark.parametrize("fields", ["x " * 30, "1 " * 18 + "x 1", "", "1 " * 18])
def test_fields_that_are_no_numbers_tell_nothing(fields: str) -> None:
    stat = f"7 (a) S {fields}".encode()
    assert procstat.numbers(stat, 4, 22) is None
    assert procstat.numbers(b"7 1 2 3", 4) is None


def terminal_of(controlling: str) -> int | None:
    """Of a process of a session of its own that runs this first."""
    terminal, slave = pty.openpty()
    program = f"{controlling}; print(flush=True); import time; time.sleep(60)"
    try:
        with subprocess.Popen(
            [sys.executable, "-c", program],
            stdin=slave,
            stdout=subprocess.PIPE,
            start_new_session=True,
        ) as child:
            try:
                assert child.stdout is not None
                child.stdout.readline()
                return procstat.collect(process(child.pid))
            finally:
                child.kill()
    finally:
        os.close(terminal)
        os.close(slave)


def test_a_process_on_a_terminal_has_it_and_one_without_has_none() -> None:
    take = "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0)"
    assert terminal_of(take)
    assert terminal_of("pass") == 0


def test_a_process_that_is_gone_had_the_terminal_of_its_parent(tmp_path: Path) -> None:
    (tmp_path / "4242").mkdir()
    (tmp_path / "4242" / "stat").write_bytes(CAPTURED)
    owner = Owner(987_655 * 10_000_000, 5000, 1)
    gone = Process(owner, "x", "/x", (), 0, 4242, "/")
    assert procstat.collect(gone, tmp_path) == 34817
    # The parent's number, but a process that is younger than the child.
    assert procstat.collect(at(gone, -10, 5000), tmp_path) is None


def test_a_process_that_is_gone_or_another_one_is_unknown(tmp_path: Path) -> None:
    mine = process(os.getpid())
    assert procstat.collect(mine) is not None
    assert procstat.collect(at(mine, 1, os.getpid())) is None
    assert procstat.collect(mine, tmp_path) is None


def test_a_process_lives_until_it_has_ended_and_no_other_is_taken_for_it() -> None:
    own = process(os.getpid())
    assert procstat.lives(own)
    assert not procstat.lives(at(own, 5, os.getpid()))
    with subprocess.Popen(["true"]) as child:
        ended = process(child.pid)
    assert not procstat.lives(ended)
