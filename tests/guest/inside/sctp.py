"""SCTP: each process owns its association, to the byte."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from monitor.usage import Traffic, total
from tests.kernel.account import both, turned
from tests.load import next_line

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from monitor.collectors.bpf import Program
    from tests.kernel.account import Account
    from tests.lab import Lab
    from tests.namespaces import Namespace

    Measure = Callable[[Lab], Account]

PROTOCOL = 132  # IPPROTO_SCTP
ASSOCIATIONS = Path(__file__).with_name("associations.py")


def start(side: Namespace, *arguments: str | int) -> subprocess.Popen[str]:
    """Start a program of associations.py."""
    interpreter = (sys.executable, "-S", "-E", ASSOCIATIONS)
    return side.popen([*interpreter, *map(str, arguments)])


def unowned(program: Program) -> Traffic:
    """What all packets of SCTP without a process have together."""
    rows = program.read().items()
    return total(
        counters.traffic
        for key, counters in rows
        if (key.owner.pid, key.owner.exec_id) == (0, PROTOCOL)
    )


@pytest.mark.parametrize("family", ["4", "6"])
def test_an_association_equals_the_wire(
    lab: Lab, measure: Measure, program: Program, family: str
) -> None:
    account, before = measure(lab), unowned(program)
    host = lab.address[f"far{family}"]
    server = start(lab.far, "serve", host, 9001, 200_000, 300_000)
    next_line(server)
    client = start(lab.near, "transfer", host, 9001, 200_000, 300_000)
    assert (client.wait(), server.wait()) == (0, 0)

    wire = account.wire()
    assert wire.tx.bytes > 200_000
    assert wire.rx.bytes > 300_000
    assert account.process(lab.near, client.pid) == wire
    # An accepted socket of SCTP does not inherit the listener's owner: what comes until
    # its process reads or sends for the first time is nobody's, but it is counted.
    early = both(unowned(program) - before)
    assert turned(wire).since(early) == account.process(lab.far, server.pid)


def test_a_socket_of_many_associations_equals_the_wire(
    lab: Lab, measure: Measure
) -> None:
    account = measure(lab)
    server = start(lab.far, "serve_many", lab.address["far4"], 9002, 100_000)
    next_line(server)
    client = start(lab.near, "send_many", lab.address["far4"], 9002, 100_000)
    next_line(server)
    for process in (server, client):
        process.communicate("end\n")

    wire = account.wire()
    assert wire.tx.bytes > 100_000
    assert account.process(lab.near, client.pid) == wire
    assert account.process(lab.far, server.pid) == turned(wire)
