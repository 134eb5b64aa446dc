"""Each process has its own bytes, however it came by its socket.

Where the kernel books the first packets to somebody else, the exact numbers stand here:
a SYN, SYN-ACK and ACK over IPv4 are 60 + 52 bytes received and 60 sent, over IPv6 80 +
72 and 80.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from monitor.collectors.bpf import Surroundings, open_program
from tests.kernel.account import HANDSHAKE, Account, plus, turned
from tests.lab import Both
from tests.load import next_line
from tests.namespaces import ENDINGS
from tests.wire import Way

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from monitor.collectors.bpf import Program
    from tests.lab import Lab

    Measure = Callable[[Lab], Account]

UP, DOWN = 1_000_000, 2_000_000
FAMILIES = pytest.mark.parametrize("family", ["4", "6"])


def test_a_server_that_does_not_ask_for_the_address_owns_it_all(
    lab: Lab, measure: Measure
) -> None:
    account = measure(lab)
    server = lab.far.traffic("serve_without_address", lab.address["far4"], 7101)
    next_line(server)
    client = lab.near.traffic("transfer", lab.address["far4"], 7101, UP, DOWN)
    assert (client.wait(), server.wait()) == (0, 0)

    assert account.process(lab.far, server.pid) == turned(account.wire())


@FAMILIES
def test_a_child_owns_what_it_serves_and_the_parent_the_handshake(
    any_lab: Lab, measure: Measure, family: str
) -> None:
    lab, host = any_lab, any_lab.address[f"far{family}"]
    account = measure(lab)
    server = lab.far.traffic("serve_in_child", host, 7102)
    next_line(server)
    client = lab.near.traffic("transfer", host, 7102, UP, DOWN)
    child = int(next_line(server))
    assert (client.wait(), server.wait()) == (0, 0)

    parent = account.process(lab.far, server.pid)
    assert parent == HANDSHAKE[family]
    served = account.process(lab.far, child)
    assert plus(parent, served) == turned(account.wire())


@FAMILIES
def test_workers_that_accept_own_their_connections_but_for_the_handshake(
    any_lab: Lab, measure: Measure, family: str
) -> None:
    lab, host = any_lab, any_lab.address[f"far{family}"]
    account = measure(lab)
    server = lab.far.traffic("serve_preforked", host, 7103, 4)
    workers = [int(word) for word in next_line(server).split()]
    clients = [
        lab.near.traffic("transfer", host, 7103, UP, DOWN + at) for at in range(4)
    ]
    assert [process.wait() for process in (*clients, server)] == [0] * 5

    parent = account.process(lab.far, server.pid)
    assert parent == plus(*[HANDSHAKE[family]] * 4)
    served = [account.process(lab.far, worker) for worker in workers]
    assert plus(parent, *served) == turned(account.wire())
    asked = [account.process(lab.near, client.pid) for client in clients]
    expected = sorted(plus(HANDSHAKE[family], one) for one in served)
    assert expected == sorted(turned(one) for one in asked)


@FAMILIES
def test_a_server_executed_by_inetd_owns_it_all_but_the_handshake(
    lab: Lab, measure: Measure, program: Program, family: str
) -> None:
    host = lab.address[f"far{family}"]
    account = measure(lab)
    server = lab.far.traffic("serve_by_inetd", host, 7104)
    next_line(server)
    client = lab.near.traffic("transfer", host, 7104, UP, DOWN)
    child = int(next_line(server))
    assert (client.wait(), server.wait()) == (0, 0)

    parent = account.process(lab.far, server.pid)
    assert parent == HANDSHAKE[family]
    assert plus(parent, account.process(lab.far, child)) == turned(account.wire())
    (owner,) = {one for one in account.owners(lab.far) if one.pid == child}
    facts = program.process(owner)
    assert facts
    assert facts.argv[-2:] == ("serve_inherited", "33")
    assert facts.ppid == server.pid


def test_a_passed_connection_belongs_to_its_receiver_from_its_second_send(
    lab: Lab, measure: Measure, tmp_path: Path
) -> None:
    account = measure(lab)
    host, path = lab.address["far4"], tmp_path / "unix"
    server = lab.far.traffic("serve", host, 7105)
    next_line(server)
    receiver = lab.near.traffic("take_over", path, UP, DOWN)
    next_line(receiver)
    giver = lab.near.traffic("pass_on", host, 7105, path)
    assert giver.wait() == 0
    receiver.communicate("go\n")
    assert (receiver.returncode, server.wait()) == (0, 0)

    given = account.process(lab.near, giver.pid)
    # SYN, ACK and the first send with its 16 bytes; SYN-ACK and the ACK of that send.
    assert given == Both(Way(112, 2), Way(60 + 52 + 68, 3))
    assert plus(given, account.process(lab.near, receiver.pid)) == account.wire()


@FAMILIES
def test_a_replaced_image_and_the_new_one_have_their_own_rows(
    lab: Lab, measure: Measure, program: Program, family: str
) -> None:
    account = measure(lab)
    host = lab.address[f"far{family}"]
    server = lab.far.traffic("serve", host, 7106, 2)
    next_line(server)
    client = lab.near.traffic("transfer_and_execute", host, 7106, DOWN)
    assert (client.wait(), server.wait()) == (0, 0)

    assert account.process(lab.near, client.pid) == account.wire()
    old, new = sorted(account.owners(lab.near), key=lambda one: one.exec_id)
    assert new.exec_id == old.exec_id + 1
    commands = [facts.argv[4] for one in (old, new) if (facts := program.process(one))]
    assert commands == ["transfer_and_execute", "transfer"]
    assert {old, new} <= program.exited()


def test_a_renamed_process_keeps_its_row_and_its_last_name_is_told(
    lab: Lab, measure: Measure, program: Program
) -> None:
    account = measure(lab)
    host = lab.address["far4"]
    server = lab.far.traffic("serve", host, 7107, 2)
    next_line(server)
    client = lab.near.traffic("transfer_renamed", host, 7107, DOWN, "before,after")
    assert (client.wait(), server.wait()) == (0, 0)

    assert account.process(lab.near, client.pid) == account.wire()
    (owner,) = account.owners(lab.near)
    facts = program.process(owner)
    assert facts
    assert facts.comm == "before"
    assert program.comm(owner) == "after"


def test_three_hundred_short_processes_are_all_named_with_their_bytes(
    lab: Lab, measure: Measure, program: Program
) -> None:
    account = measure(lab)
    host = lab.address["far4"]
    server = lab.far.traffic("serve", host, 7108, 300)
    next_line(server)
    parent = lab.near.traffic("short_lived", host, 7108, 300, 20_000)
    said, _ = parent.communicate()
    assert server.wait() == 0

    wire = account.wire()
    names = {}
    for key in account.rows(lab.near):
        facts = program.process(key.owner)
        assert facts
        names[key.owner.pid] = facts.comm
    pids = [int(word) for word in said.split()]
    assert names == {pid: f"short-{at}" for at, pid in enumerate(pids)}
    assert account.side(lab.near) == wire
    flows = [both for flow, both in lab.flows().items() if flow.dport == 7108]
    assert sorted(flows) == sorted(account.process(lab.near, pid) for pid in pids)


def test_closing_first_leaves_one_fin_and_one_ack_to_nobody(
    lab: Lab, measure: Measure
) -> None:
    account = measure(lab)
    host = lab.address["far4"]
    server = lab.far.script(ENDINGS, "serve_closed_first", host, 7109)
    next_line(server)
    client = lab.near.script(ENDINGS, "close_first", host, 7109, DOWN)
    assert (client.wait(), server.wait()) == (0, 0)

    lost = Both(Way(52, 1), Way(52, 1))  # TIME_WAIT is not a full socket
    assert plus(account.process(lab.near, client.pid), lost) == account.wire()
    assert account.process(lab.far, server.pid) == turned(account.wire())


def test_two_namespaces_do_not_mix(
    lab: Lab, offload_lab: Lab, measure: Measure
) -> None:
    first, second = measure(lab), measure(offload_lab)
    for place, down in ((lab, 1_000_000), (offload_lab, 3_000_000)):
        host = place.address["far4"]
        server = place.far.traffic("serve", host, 7110)
        next_line(server)
        client = place.near.traffic("transfer", host, 7110, 0, down)
        assert (client.wait(), server.wait()) == (0, 0)

    assert lab.ifindex(lab.near) == offload_lab.ifindex(offload_lab.near)
    assert first.side(lab.near) == first.wire()
    assert second.side(offload_lab.near) == second.wire()
    assert second.wire().rx.bytes > 2 * first.wire().rx.bytes


def test_sockets_older_than_the_program_have_their_owners(lab: Lab) -> None:
    host = lab.address["far4"]
    server = lab.far.traffic("serve", host, 7111, 3)
    next_line(server)
    plain = lab.near.traffic("transfer_later", host, 7111, UP, DOWN)
    next_line(plain)
    forked = lab.near.traffic("transfer_in_child", host, 7111, UP, DOWN)
    child = int(next_line(forked))
    opened = open_program(None, "")
    program = opened.program
    try:
        account = Account(program, lab)
        for process in (plain, forked):
            process.communicate("go\n")
        # The listener is older, this connection is not.
        young = lab.near.traffic("transfer", host, 7111, UP, DOWN)
        assert (young.wait(), server.wait()) == (0, 0)

        near = [account.process(lab.near, pid) for pid in (plain.pid, child, young.pid)]
        parent = account.process(lab.near, forked.pid)
        assert plus(*near, parent) == account.wire()
        # The child's first send comes before anybody knows that it is the child's.
        assert parent == Both(Way(52, 1), Way(52 + 16, 1))
        assert account.process(lab.far, server.pid) == turned(account.wire())
        (owner,) = {one for one in account.owners(lab.near) if one.pid == plain.pid}
        facts = program.process(owner)
        assert facts
        assert facts.argv[4] == "transfer_later"
    finally:
        program.close()


@FAMILIES
def test_without_tracepoints_cgroup_hooks_alone_still_add_up(
    lab: Lab, family: str
) -> None:
    bare = Surroundings(features=frozenset())
    program = open_program(None, "", surroundings=bare).program
    try:
        assert program.hooks == ("cgroup",)
        account = Account(program, lab)
        host = lab.address[f"far{family}"]
        server = lab.far.traffic("serve_preforked", host, 7112, 2)
        workers = [int(word) for word in next_line(server).split()]
        clients = [lab.near.traffic("transfer", host, 7112, UP, DOWN) for _ in range(2)]
        assert [process.wait() for process in (*clients, server)] == [0] * 3

        assert account.side(lab.near) == account.wire()
        assert account.side(lab.far) == turned(account.wire())
        # accept(2) asks for the address here, which is a hook as well.
        for worker in workers:
            assert account.process(lab.far, worker).rx.bytes > UP
    finally:
        program.close()


def test_a_closed_port_answers_without_an_owner(lab: Lab, measure: Measure) -> None:
    account = measure(lab)
    client = lab.near.popen(
        ["bash", "-c", f"exec 3<>/dev/tcp/{lab.address['far4']}/7113"],
        stderr=subprocess.DEVNULL,
    )
    assert client.wait() == 1

    assert account.process(lab.near, client.pid) == account.wire()
    assert account.owners(lab.far) == set()
