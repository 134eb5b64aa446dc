"""Sockets that threads, children, other programs and other namespaces share."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.kernel.account import HANDSHAKE, plus, turned
from tests.lab import Both
from tests.load import next_line
from tests.namespaces import HANDOVER
from tests.wire import Way

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.kernel.account import Account
    from tests.lab import Lab

    Measure = Callable[[Lab], Account]

UP, DOWN = 300_000, 500_000
FAMILIES = pytest.mark.parametrize("family", ["4", "6"])


def start_outside(*arguments: str) -> subprocess.Popen[str]:
    """Start a program of tests/handover.py in the namespace of the tests."""
    command = [sys.executable, "-S", "-E", str(HANDOVER), *arguments]
    return subprocess.Popen(command, text=True)


@FAMILIES
def test_all_threads_are_one_owner(any_lab: Lab, measure: Measure, family: str) -> None:
    account = measure(any_lab)
    host = any_lab.address[f"far{family}"]
    server = any_lab.far.script(HANDOVER, "serve_in_threads", host, 7501, 8)
    next_line(server)
    client = any_lab.near.script(HANDOVER, "transfer_in_threads", host, 7501, DOWN, 8)
    assert (client.wait(), server.wait()) == (0, 0)

    wire = account.wire()
    assert wire.rx.bytes > 8 * DOWN
    assert account.process(any_lab.near, client.pid) == wire
    assert account.process(any_lab.far, server.pid) == turned(wire)


@FAMILIES
@pytest.mark.parametrize("accept", ["yes", "no"])
def test_an_activated_service_owns_it_all_but_the_handshake(
    lab: Lab, measure: Measure, family: str, accept: str
) -> None:
    account = measure(lab)
    host = lab.address[f"far{family}"]
    manager = lab.far.script(HANDOVER, "manage", host, 7502, accept)
    next_line(manager)
    client = lab.near.traffic("transfer", host, 7502, UP, DOWN)
    service = int(next_line(manager))
    assert (client.wait(), manager.wait()) == (0, 0)

    managed = account.process(lab.far, manager.pid)
    assert managed == HANDSHAKE[family]
    served = account.process(lab.far, service)
    assert plus(managed, served) == turned(account.wire())


@FAMILIES
def test_a_program_with_an_inherited_connection_owns_it_from_its_second_send(
    lab: Lab, measure: Measure, family: str
) -> None:
    account = measure(lab)
    host = lab.address[f"far{family}"]
    server = lab.far.traffic("serve", host, 7503)
    next_line(server)
    starter = lab.near.script(HANDOVER, "transfer_by_program", host, 7503, UP, DOWN)
    program = int(next_line(starter))
    assert (starter.wait(), server.wait()) == (0, 0)

    given = account.process(lab.near, starter.pid)
    # SYN, ACK and the first send with its 16 bytes; SYN-ACK and the ACK of that send.
    more = 20 if family == "6" else 0
    assert given == Both(Way(112 + 2 * more, 2), Way(60 + 52 + 52 + 16 + 3 * more, 3))
    assert plus(given, account.process(lab.near, program)) == account.wire()


@FAMILIES
def test_a_socket_of_another_namespace_counts_there_and_for_its_process(
    lab: Lab, measure: Measure, family: str
) -> None:
    account = measure(lab)
    host = lab.address[f"far{family}"]
    server = lab.far.traffic("serve", host, 7504)
    next_line(server)
    where = str(lab.near.path)
    client = start_outside("transfer_from", where, host, "7504", str(UP), str(DOWN))
    assert (client.wait(), server.wait()) == (0, 0)

    assert account.process(lab.near, client.pid) == account.wire()


@FAMILIES
def test_datagrams_through_a_socket_of_another_namespace_count_there(
    lab: Lab, measure: Measure, family: str
) -> None:
    account = measure(lab)
    host = lab.address[f"far{family}"]
    server = lab.far.datagrams("serve", host, 7505)
    next_line(server)
    client = start_outside("datagrams_from", str(lab.near.path), host, "7505", "10")
    assert client.wait() == 0
    server.communicate("stop\n")

    assert account.wire().tx.packets == 10
    assert account.process(lab.near, client.pid) == account.wire()
