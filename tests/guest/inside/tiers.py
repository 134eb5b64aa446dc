"""Which hooks the kernel of this guest takes, and what it does unlike others."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from monitor.collectors.bpf import open_program
from monitor.collectors.bpf.features import FEATURES
from tests.kernel.account import Account, turned
from tests.kernel.test_owners import (  # noqa: F401 - run here as well
    test_a_replaced_image_and_the_new_one_have_their_own_rows,
)
from tests.lab import Both
from tests.load import next_line
from tests.wire import Way

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitor.collectors.bpf import Program
    from tests.lab import Lab

    Measure = Callable[[Lab], Account]

IS_61 = os.uname().release.startswith("6.1.")
NOTHING = Both(Way(0, 0), Way(0, 0))
# A cgroup's hook sees a packet if the socket that sends is the packet's own; in 6.1 the
# SYN-ACK of IPv6 is sent by the listener and belongs to the request. Later kernels let
# the listener stand for its requests.
UNSEEN = {"4": NOTHING, "6": Both(Way(0, 0), Way(80, 1)) if IS_61 else NOTHING}


def test_the_hooks_are_the_best_that_this_kernel_has(program: Program) -> None:
    chosen, other = ("functions", "tracepoints")[:: 1 if IS_61 else -1]

    assert {"cgroup", "task_file", *FEATURES[chosen]} <= set(program.hooks)
    assert not set(FEATURES[other]) & set(program.hooks)


@pytest.mark.parametrize("family", ["4", "6"])
def test_an_accepted_connection_is_exact_but_for_a_syn_ack_that_is_not_shown(
    lab: Lab, measure: Measure, family: str
) -> None:
    account = measure(lab)
    host = lab.address[f"far{family}"]
    server = lab.far.traffic("serve_without_address", host, 7601)
    next_line(server)
    client = lab.near.traffic("transfer", host, 7601, 40_000, 50_000)
    assert (client.wait(), server.wait()) == (0, 0)

    wire = account.wire()
    assert wire.rx.bytes > 50_000
    assert account.process(lab.near, client.pid) == wire
    seen = account.process(lab.far, server.pid)
    assert turned(wire).since(seen) == UNSEEN[family]


def test_a_socket_older_than_the_program_has_its_owner(lab: Lab) -> None:
    server = lab.far.traffic("serve", lab.address["far4"], 7603)
    next_line(server)
    client = lab.near.traffic("transfer_later", lab.address["far4"], 7603, 9000, 9000)
    next_line(client)
    young = open_program(None, "").program
    try:
        account = Account(young, lab)
        client.communicate("go\n")
        assert server.wait() == 0

        assert account.process(lab.near, client.pid) == account.wire()
        assert account.process(lab.far, server.pid) == turned(account.wire())
    finally:
        young.close()
