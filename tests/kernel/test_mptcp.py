"""MPTCP: its subflows are sockets that the kernel makes for itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.kernel.account import plus, turned
from tests.lab import Both
from tests.load import next_line
from tests.namespaces import EXTENSIONS
from tests.wire import Way

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.kernel.account import Account
    from tests.lab import Lab

    Measure = Callable[[Lab], Account]

pytestmark = pytest.mark.needs("mptcp")

FAMILIES = pytest.mark.parametrize("family", ["4", "6"])
UP, DOWN = 300_000, 500_000


@FAMILIES
def test_both_ends_own_the_connection(
    any_lab: Lab, measure: Measure, family: str
) -> None:
    account = measure(any_lab)
    host = any_lab.address[f"far{family}"]
    server = any_lab.far.script(EXTENSIONS, "serve_mptcp", host, 8001, "self")
    next_line(server)
    client = any_lab.near.script(EXTENSIONS, "transfer_mptcp", host, 8001, UP, DOWN)
    assert (client.wait(), server.wait()) == (0, 0)

    assert account.process(any_lab.near, client.pid) == account.wire()
    assert account.process(any_lab.far, server.pid) == turned(account.wire())


def test_a_child_owns_what_it_serves_over_mptcp_and_the_parent_the_handshake(
    any_lab: Lab, measure: Measure
) -> None:
    account = measure(any_lab)
    host = any_lab.address["far4"]
    server = any_lab.far.script(EXTENSIONS, "serve_mptcp", host, 8004, "child")
    next_line(server)
    client = any_lab.near.script(EXTENSIONS, "transfer_mptcp", host, 8004, UP, DOWN)
    child = int(next_line(server))
    assert (client.wait(), server.wait()) == (0, 0)

    parent = account.process(any_lab.far, server.pid)
    # As ever, but their options name MPTCP and its keys: 24 bytes more in, 12 out.
    assert parent == Both(Way(136, 2), Way(72, 1))
    served = account.process(any_lab.far, child)
    assert plus(parent, served) == turned(account.wire())


def test_a_client_whose_server_knows_no_mptcp_owns_it_all(
    lab: Lab, measure: Measure
) -> None:
    account = measure(lab)
    host = lab.address["far6"]
    server = lab.far.traffic("serve", host, 8002)
    next_line(server)
    client = lab.near.script(EXTENSIONS, "transfer_mptcp", host, 8002, UP, DOWN)
    assert (client.wait(), server.wait()) == (0, 0)

    assert account.process(lab.near, client.pid) == account.wire()
    assert account.process(lab.far, server.pid) == turned(account.wire())


def test_a_server_of_mptcp_owns_a_plain_client_too(lab: Lab, measure: Measure) -> None:
    account = measure(lab)
    host = lab.address["far4"]
    server = lab.far.script(EXTENSIONS, "serve_mptcp", host, 8003, "self")
    next_line(server)
    client = lab.near.traffic("transfer", host, 8003, UP, DOWN)
    assert (client.wait(), server.wait()) == (0, 0)

    assert account.process(lab.near, client.pid) == account.wire()
    assert account.process(lab.far, server.pid) == turned(account.wire())
