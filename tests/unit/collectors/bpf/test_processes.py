"""What /proc tells of a process, and only of the one that is meant."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.collectors.bpf import processes
from monitor.usage import Owner


def this_process() -> Owner:
    """Ourselves, as the kernel numbers us."""
    stat = Path("/proc/self/stat").read_text(encoding="utf-8")
    ticks = int(stat.rpartition(")")[2].split()[19])
    start_ns = ticks * 1_000_000_000 // os.sysconf("SC_CLK_TCK")
    return Owner(start_ns, os.getpid(), 0)


@pytest.fixture
def ended() -> Owner:
    """A process that is gone."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return Owner(0, process.pid, 0)


def test_a_process_that_runs_is_told_from_one_that_ended(ended: Owner) -> None:
    assert processes.is_running(this_process())
    assert not processes.is_running(ended)


def test_another_process_with_the_same_pid_is_not_the_one(ended: Owner) -> None:
    other = replace(this_process(), start_boottime_ns=1_000_000_000)

    assert not processes.is_running(other)
    assert processes.read_comm(other) is None
    assert processes.read_comm(ended) is None


def test_arguments_are_not_those_of_a_program_under_another_name() -> None:
    comm = processes.read_comm(this_process())

    assert comm
    assert processes.read_argv(this_process(), comm)
    assert processes.read_argv(this_process(), comm + "x") == ()
