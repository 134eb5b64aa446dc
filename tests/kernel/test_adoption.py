"""Counting outlives the daemon: killed, replaced, or started beside another store."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.collectors.bpf import open_program
from monitor.usage import Traffic, total
from tests.kernel.account import both, turned
from tests.load import next_line

if TYPE_CHECKING:
    from monitor.collectors.bpf import Program
    from monitor.usage import SocketCounters, SocketKey
    from tests.lab import Both, Lab
    from tests.namespaces import Namespace

BPFFS = Path("/sys/fs/bpf")
MUCH = 300_000_000
HOLDER = """
import sys
from monitor.collectors.bpf import open_program
program = open_program(sys.argv[1], "").program
print(program.instance_id, flush=True)
sys.stdin.read()
"""


def by_side(side: Namespace, *readings: dict[SocketKey, SocketCounters]) -> Both:
    """What several instances counted in one namespace, together."""
    rows = [
        reading[key].traffic
        for reading in readings
        for key in reading
        if key.netns == side.inode
    ]
    return both(total(rows))


def transfer(lab: Lab, port: int, down: int) -> list[subprocess.Popen[str]]:
    """Start a download; client and server."""
    host = lab.address["far4"]
    server = lab.far.traffic("serve", host, port)
    next_line(server)
    return [lab.near.traffic("transfer", host, port, 1000, down), server]


def wait_until_it_flows(lab: Lab, before: Both) -> None:
    """Until a good part of a large transfer is through, but by far not all."""
    while lab.received() < before.rx.bytes + MUCH / 20:
        time.sleep(0.005)


def test_a_daemon_killed_in_a_transfer_loses_and_doubles_nothing(
    lab: Lab, name: str
) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    instance = next_line(holder).strip()
    before = lab.wire()
    client, server = transfer(lab, 7201, MUCH)
    wait_until_it_flows(lab, before)
    holder.kill()
    holder.communicate()
    assert holder.returncode == -signal.SIGKILL
    assert client.poll() is None, "the transfer was over before the kill"

    opened = open_program(name, instance)
    try:
        assert opened.program.adopted
        assert opened.final is None
        assert (client.wait(), server.wait()) == (0, 0)
        wire = lab.wire().since(before)
        rows = opened.program.read()
        assert by_side(lab.near, rows) == wire
        assert by_side(lab.far, rows) == turned(wire)
        (owner,) = {key.owner for key in rows if key.netns == lab.near.inode}
        facts = opened.program.process(owner)
        assert facts
        assert facts.owner.pid == client.pid
        assert "transfer" in facts.argv
    finally:
        opened.program.detach()
        opened.program.close()


def test_another_program_takes_over_between_two_packets(lab: Lab, name: str) -> None:
    old = open_program(name, "").program
    before = lab.wire()
    client, server = transfer(lab, 7202, MUCH)
    wait_until_it_flows(lab, before)
    old.close()
    opened = open_program(name, old.instance_id, rows=1000)
    program = opened.program
    try:
        assert client.poll() is None, "the transfer was over before the change"
        assert not program.adopted
        assert program.instance_id != old.instance_id
        assert opened.final
        assert opened.final[0] == old.instance_id
        assert (client.wait(), server.wait()) == (0, 0)
        wire = lab.wire().since(before)
        rows = program.read()
        assert by_side(lab.near, rows).rx.bytes > 0
        assert by_side(lab.near, opened.final[1]).rx.bytes > 0
        assert by_side(lab.near, rows, opened.final[1]) == wire
        assert by_side(lab.far, rows, opened.final[1]) == turned(wire)
        owners = {key.owner.pid for key in rows if key.netns == lab.near.inode}
        assert owners == {client.pid}
    finally:
        program.detach()
        program.close()


def test_last_counters_are_given_until_the_store_has_them(lab: Lab, name: str) -> None:
    old = open_program(name, "").program
    for process in transfer(lab, 7203, 1000):
        assert process.wait() == 0
    old.close()
    replaced = open_program(name, old.instance_id, rows=1000)
    replaced.program.close()  # killed before anything was stored
    again = open_program(name, old.instance_id, rows=1000)
    program = again.program
    try:
        assert program.adopted
        assert program.instance_id == replaced.program.instance_id
        assert again.final == replaced.final
        program.drop_previous()  # stored now
        program.close()
        after = open_program(name, program.instance_id, rows=1000)
        assert after.program.adopted
        assert after.final is None
        program = after.program
    finally:
        program.detach()
        program.close()


def test_pins_of_an_instance_that_the_store_does_not_know_are_left(
    lab: Lab, name: str
) -> None:
    stranger = open_program(name, "").program
    for process in transfer(lab, 7204, 1000):
        assert process.wait() == 0
    stranger.close()
    opened = open_program(name, "ab" * 16)
    try:
        assert not opened.program.adopted
        assert opened.final is None
        assert by_side(lab.near, opened.program.read()) == both(Traffic())
    finally:
        opened.program.detach()
        opened.program.close()


def test_a_missing_pin_means_a_new_program_and_the_last_counters(
    lab: Lab, name: str
) -> None:
    old = open_program(name, "").program
    before = lab.wire()
    for process in transfer(lab, 7205, 1000):
        assert process.wait() == 0
    wire = lab.wire().since(before)
    assert old.pin_folder
    (old.pin_folder / "link_connect4").unlink()
    old.close()
    opened = open_program(name, old.instance_id)
    try:
        assert not opened.program.adopted
        assert opened.final
        assert by_side(lab.near, opened.final[1]) == wire
    finally:
        opened.program.detach()
        opened.program.close()


def test_two_stores_count_side_by_side(lab: Lab, name: str, program: Program) -> None:
    other = open_program(name, "").program
    try:
        first, second = program.read(), other.read()
        before = lab.wire()
        for process in transfer(lab, 7206, 1000):
            assert process.wait() == 0
        wire = lab.wire().since(before)
        old = by_side(lab.near, first)
        assert by_side(lab.near, program.read()).since(old) == wire
        assert by_side(lab.near, other.read()) == wire
        assert by_side(lab.near, second) == both(Traffic())
    finally:
        other.detach()
        other.close()


def test_a_daemon_in_a_mount_namespace_of_its_own_uses_the_machines_pins(
    lab: Lab, name: str
) -> None:
    # `ip netns exec` hides /sys/fs/cgroup and /sys/fs/bpf behind another /sys.
    command = ["ip", "netns", "exec", lab.near.name, sys.executable, "-c", HOLDER, name]
    holder = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    instance = next_line(holder).strip()
    before = lab.wire()
    for process in transfer(lab, 7207, 1000):
        assert process.wait() == 0
    holder.communicate()
    folder = BPFFS / "esimmon" / name / "current"
    with lab.near.inside():  # the settings name the namespace of the daemon
        program = open_program(name, instance).program
    try:
        assert program.pin_folder == folder
        assert program.adopted
        assert by_side(lab.near, program.read()) == lab.wire().since(before)
    finally:
        program.detach()
        program.close()
