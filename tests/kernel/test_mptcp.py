"""MPTCP: its subflows are sockets that the kernel makes for itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.kernel.account import HANDSHAKE, NOTHING, turned
from tests.load import next_line
from tests.namespaces import EXTENSIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.kernel.account import Account
    from tests.lab import Lab

    Measure = Callable[[Lab], Account]

pytestmark = pytest.mark.needs("mptcp")

UP, DOWN = 300_000, 500_000


@pytest.mark.parametrize("who", ["self", "child"])
def test_a_client_owns_its_subflow_and_a_server_nothing(
    any_lab: Lab, measure: Measure, who: str
) -> None:
    account = measure(any_lab)
    host = any_lab.address["far4"]
    server = any_lab.far.script(EXTENSIONS, "serve_mptcp", host, 8001, who)
    next_line(server)
    client = any_lab.near.script(EXTENSIONS, "transfer_mptcp", host, 8001, UP, DOWN)
    assert (client.wait(), server.wait()) == (0, 0)

    assert account.process(any_lab.near, client.pid) == account.wire()
    assert account.side(any_lab.far) == NOTHING


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


def test_a_server_of_mptcp_owns_a_plain_client_from_its_first_reading(
    lab: Lab, measure: Measure
) -> None:
    account = measure(lab)
    host = lab.address["far4"]
    server = lab.far.script(EXTENSIONS, "serve_mptcp", host, 8003, "self")
    next_line(server)
    client = lab.near.traffic("transfer", host, 8003, UP, DOWN)
    assert (client.wait(), server.wait()) == (0, 0)

    assert account.process(lab.near, client.pid) == account.wire()
    # What came before is nobody's: the handshake, and what arrived until then.
    owned = account.process(lab.far, server.pid)
    lost = turned(account.wire()).since(owned)
    assert lost.rx.bytes >= HANDSHAKE["4"].rx.bytes
    assert lost.tx.bytes >= HANDSHAKE["4"].tx.bytes
