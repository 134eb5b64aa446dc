"""A process number that the kernel gives a second time is another owner."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.kernel.account import Account, both
from tests.load import next_line
from tests.namespaces import TRAFFIC

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from monitor.collectors.bpf import Program
    from tests.lab import Lab

    Measure = Callable[[Lab], Account]

LAST_PID = Path("/proc/sys/kernel/ns_last_pid")  # proc(5): the next one is one more
_TRIES = 1000


def numbered(lab: Lab, pid: int, *arguments: object) -> subprocess.Popen[str]:
    """A program of tests/traffic.py in near, with this number, that waits for a line.

    Args:
        lab: where.
        pid: free.
        arguments: its command and what that wants.
    """
    traffic = [sys.executable, "-S", "-E", str(TRAFFIC), *map(str, arguments)]
    for _ in range(_TRIES):
        LAST_PID.write_text(str(pid - 1))
        process = lab.near.popen(["bash", "-c", 'read && exec "$0" "$@"', *traffic])
        if process.pid == pid:
            return process
        process.communicate()  # somebody else was quicker
    raise AssertionError(f"{pid} is never free")


def test_two_processes_of_one_number_are_never_merged_and_nothing_is_lost(
    lab: Lab, measure: Measure, program: Program
) -> None:
    account = measure(lab)
    host, port = lab.address["far4"], 7114
    server = lab.far.traffic("serve", host, port, 2)
    next_line(server)
    first = lab.near.traffic("transfer", host, port, 1_000_000, 0, "first")
    assert first.wait() == 0
    second = numbered(lab, first.pid, "transfer", host, port, 1000, 2_000_000, "second")
    second.communicate("go\n")
    assert (second.returncode, server.wait()) == (0, 0)

    rows = account.rows(lab.near)
    old, new = sorted(rows, key=lambda key: key.owner.start_boottime_ns)
    assert old.owner.pid == new.owner.pid == first.pid
    assert old.owner.start_boottime_ns < new.owner.start_boottime_ns
    facts = [program.process(key.owner) for key in (old, new)]
    assert [each.comm for each in facts if each] == ["first", "second"]
    flows = [each for flow, each in lab.flows().items() if flow.dport == port]
    assert [both(rows[key]) for key in (old, new)] == sorted(
        flows, key=lambda each: each.rx.bytes
    )
    assert account.process(lab.near, first.pid) == account.wire()
    assert {old.owner, new.owner} <= program.exited()
