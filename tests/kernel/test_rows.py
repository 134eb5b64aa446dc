"""Rows and owners come and go; what does not fit is counted."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from monitor.collectors.bpf import open_program
from monitor.usage import Traffic, total
from tests.kernel.account import Account, both
from tests.load import next_line
from tests.namespaces import DATAGRAMS

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.collectors.bpf import Program
    from monitor.usage import SocketCounters, SocketKey
    from tests.lab import Lab
    from tests.namespaces import Namespace


def rows_of(program: Program, side: Namespace) -> dict[SocketKey, SocketCounters]:
    """Its rows of one namespace."""
    rows = program.read()
    return {key: rows[key] for key in rows if key.netns == side.inode}


def test_a_row_that_was_removed_comes_back_with_another_birth_and_from_zero(
    lab: Lab,
) -> None:
    program = open_program(None, "").program
    try:
        before = lab.wire()
        host = lab.address["far4"]
        server = lab.far.traffic("serve", host, 7301, 2)
        next_line(server)
        client = lab.near.traffic("transfer_twice", host, 7301, 100_000)
        next_line(client)
        first_wire = lab.wire()
        (key,) = first = rows_of(program, lab.near)
        assert program.remove([key]) == first
        assert program.remove([key]) == {}
        assert rows_of(program, lab.near) == {}
        client.communicate("go\n")
        assert (client.returncode, server.wait()) == (0, 0)
        second = rows_of(program, lab.near)

        assert list(second) == [key]
        assert second[key].born_boottime_ns > first[key].born_boottime_ns
        assert both(first[key].traffic) == first_wire.since(before)
        assert both(second[key].traffic) == lab.wire().since(first_wire)
    finally:
        program.close()


def test_owners_are_told_when_they_have_ended_and_forgotten_when_wanted(
    lab: Lab,
) -> None:
    program = open_program(None, "").program
    try:
        host = lab.address["far4"]
        server = lab.far.traffic("serve", host, 7302, 2)
        next_line(server)
        client = lab.near.traffic("transfer_twice", host, 7302, 1000)
        next_line(client)
        (key,) = rows_of(program, lab.near)
        owner = key.owner
        assert owner not in program.exited()
        client.communicate("go\n")
        lab.wire()
        assert owner in program.exited()
        assert program.process(owner)

        # Rows that stay behind keep their dead owner in sight.
        program.remove_owners([owner])
        assert program.process(owner) is None
        assert list(rows_of(program, lab.near)) == [key]
        assert owner in program.exited()
        program.remove([key])
        program.read()
        assert owner not in program.exited()
    finally:
        program.close()


def test_what_finds_no_room_is_counted_as_failed(lab: Lab, cgroup: Path) -> None:
    # In a cgroup of its own, so that nothing else on this machine takes a row.
    program = open_program(None, "", cgroup=cgroup, rows=3).program
    try:
        host = lab.address["far4"]
        server = lab.far.datagrams("serve", host, 7303)
        next_line(server)
        before = lab.wire()
        for _ in range(5):
            enter = f"echo $$ > {cgroup}/cgroup.procs"
            ask = f"exec {sys.executable} -S -E {DATAGRAMS} ask {host} 7303 20"
            assert lab.near.popen(["bash", "-c", f"{enter}; {ask}"]).wait() == 0
        wire = lab.wire().since(before)
        server.communicate("stop\n")
        counters = program.read().values()
        counted = total(row.traffic for row in counters)
        health = program.health()

        assert len(counters) == 3
        assert counted.bytes + health.failed_bytes == wire.rx.bytes + wire.tx.bytes
        packets = counted.rx_packets + counted.tx_packets
        assert packets + health.failed_rows == wire.rx.packets + wire.tx.packets
        assert health.failed_rows == 2 * (20 + 20)
        assert (health.failed_owners, health.failed_storage) == (0, 0)
    finally:
        program.close()


def test_bytes_without_a_process_are_told_by_protocol_in_our_own_namespace(
    lab: Lab,
) -> None:
    with lab.far.inside():
        program = open_program(None, "").program
    try:
        account = Account(program, lab)
        ping = lab.near.datagrams("ping", lab.address["far4"], "dgram", 5, 100)
        assert ping.wait() == 0
        assert "netns_cookie" in program.hooks
        ((key, traffic),) = account.rows(lab.far).items()

        assert (key.owner.pid, key.owner.exec_id) == (0, 1)  # ICMP
        assert traffic == Traffic(0, account.wire().rx.bytes, 0, 5)
    finally:
        program.close()


def test_an_unchanged_row_is_the_same_object_in_the_next_reading(
    lab: Lab, program: Program
) -> None:
    host = lab.address["far4"]
    server = lab.far.datagrams("serve", host, 7309)
    next_line(server)
    assert lab.near.datagrams("ask", host, 7309, 1).wait() == 0
    server.communicate("stop\n")
    lab.wire()
    once, again = rows_of(program, lab.near), rows_of(program, lab.near)

    assert once
    assert all(again[key] is once[key] for key in once)
