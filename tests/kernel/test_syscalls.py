"""Whatever system call moves the bytes, they equal the wire and have their owner."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.kernel.account import HANDSHAKE, NOTHING, plus, turned
from tests.load import next_line
from tests.namespaces import EXTENSIONS, SYSCALLS, URING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.kernel.account import Account
    from tests.lab import Lab

    Measure = Callable[[Lab], Account]

UP, DOWN = 300_000, 500_000
WAYS = ("sendfile", "splice", "vmsplice", "zerocopy", "mmsg")
DATAGRAM_WAYS = ("sendfile", "splice", "zerocopy", "mmsg")


@pytest.mark.parametrize("how", WAYS)
def test_tcp_equals_the_wire_by_every_system_call(
    any_lab: Lab, measure: Measure, how: str
) -> None:
    account = measure(any_lab)
    host = any_lab.address["far4"]
    server = any_lab.far.script(SYSCALLS, "serve", host, 7401, how)
    next_line(server)
    client = any_lab.near.script(SYSCALLS, "transfer", host, 7401, UP, DOWN, how)
    assert (client.wait(), server.wait()) == (0, 0)

    wire = account.wire()
    assert wire.rx.bytes > DOWN
    assert account.process(any_lab.near, client.pid) == wire
    assert account.process(any_lab.far, server.pid) == turned(wire)


@pytest.mark.parametrize("how", WAYS)
def test_a_worker_owns_what_it_moves_by_every_system_call(
    lab: Lab, measure: Measure, how: str
) -> None:
    account = measure(lab)
    host = lab.address["far6"]
    server = lab.far.script(SYSCALLS, "serve_in_worker", host, 7402, how)
    worker = int(next_line(server))
    client = lab.near.script(SYSCALLS, "transfer", host, 7402, UP, DOWN, how)
    assert (client.wait(), server.wait()) == (0, 0)

    parent = account.process(lab.far, server.pid)
    assert parent == HANDSHAKE["6"]
    served = account.process(lab.far, worker)
    assert plus(parent, served) == turned(account.wire())


def test_a_worker_that_only_splices_from_its_connection_owns_it_but_the_handshake(
    lab: Lab, measure: Measure
) -> None:
    account = measure(lab)
    host = lab.address["far4"]
    server = lab.far.script(SYSCALLS, "serve_swallowing", host, 7403, UP)
    worker = int(next_line(server))
    client = lab.near.script(SYSCALLS, "pour", host, 7403, UP)
    assert (client.wait(), server.wait()) == (0, 0)

    parent = account.process(lab.far, server.pid)
    assert parent == HANDSHAKE["4"]
    served = account.process(lab.far, worker)
    assert plus(parent, served) == turned(account.wire())
    assert account.process(lab.near, client.pid) == account.wire()


@pytest.mark.parametrize("how", DATAGRAM_WAYS)
def test_udp_equals_the_wire_by_every_system_call(
    any_lab: Lab, measure: Measure, how: str
) -> None:
    account = measure(any_lab)
    host, total = any_lab.address["far4"], 192_000
    server = any_lab.far.script(SYSCALLS, "swallow", host, 7404, total, how)
    next_line(server)
    client = any_lab.near.script(SYSCALLS, "shower", host, 7404, total, how)
    assert (client.wait(), server.wait()) == (0, 0)

    wire = account.wire()
    assert wire.tx.packets == total // 1200 + 1
    assert account.process(any_lab.near, client.pid) == wire
    assert account.process(any_lab.far, server.pid) == turned(wire)


@pytest.mark.parametrize("family", ["4", "6"])
def test_bytes_that_come_with_the_syn_equal_the_wire(
    any_lab: Lab, measure: Measure, family: str
) -> None:
    with any_lab.far.inside():
        setting = Path("/proc/sys/net/ipv4/tcp_fastopen")
        setting.write_text("3", encoding="ascii")  # servers may, too
    account = measure(any_lab)
    host = any_lab.address[f"far{family}"]
    server = any_lab.far.script(EXTENSIONS, "serve_fast_open", host, 7405, 3)
    next_line(server)
    client = any_lab.near.script(
        EXTENSIONS, "transfer_fast_open", host, 7405, 10_000, 3
    )
    assert (client.wait(), server.wait()) == (0, 0)

    wire = account.wire()
    assert account.process(any_lab.near, client.pid) == wire
    assert account.process(any_lab.far, server.pid) == turned(wire)


@pytest.fixture(scope="module")
def uring(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program of tests/uring.c."""
    program = tmp_path_factory.mktemp("uring") / "uring"
    build = ("clang", "-O1", "-Wall", "-Wextra", "-Werror", "-o")
    subprocess.run([*build, program, URING], check=True)
    return program


IO_URING = pytest.mark.needs(
    "clang", "/usr/include/stdlib.h", "/usr/include/linux/io_uring.h", "io_uring"
)


@IO_URING
@pytest.mark.parametrize("how", ["plain", "zerocopy", "polled"])
def test_io_uring_equals_the_wire(
    any_lab: Lab, measure: Measure, uring: Path, how: str
) -> None:
    account = measure(any_lab)
    host = any_lab.address["far4"]
    server = any_lab.far.popen([uring, "serve", host, "7406", "0", "0", how])
    next_line(server)
    ask: list[str | Path] = [uring, "transfer", host, "7406", str(UP), str(DOWN), how]
    client = any_lab.near.popen(ask)
    assert (client.wait(), server.wait()) == (0, 0)

    wire = account.wire()
    assert wire.rx.bytes > DOWN
    assert account.process(any_lab.near, client.pid) == wire
    assert account.process(any_lab.far, server.pid) == turned(wire)


@IO_URING
@pytest.mark.parametrize("how", ["plain", "zerocopy", "polled"])
def test_a_worker_owns_what_its_own_ring_moves(
    lab: Lab, measure: Measure, uring: Path, how: str
) -> None:
    account = measure(lab)
    host = lab.address["far6"]
    server = lab.far.popen([uring, "serve_in_worker", host, "7407", "0", "0", how])
    worker = int(next_line(server))
    ask: list[str | Path] = [uring, "transfer", host, "7407", str(UP), str(DOWN), how]
    client = lab.near.popen(ask)
    assert (client.wait(), server.wait()) == (0, 0)

    parent = account.process(lab.far, server.pid)
    assert parent == HANDSHAKE["6"]
    served = account.process(lab.far, worker)
    assert plus(parent, served) == turned(account.wire())


@IO_URING
def test_a_lent_ring_with_a_kernel_thread_works_for_the_process_that_made_it(
    lab: Lab, measure: Measure, uring: Path
) -> None:
    account = measure(lab)
    host = lab.address["far4"]
    server = lab.far.popen([uring, "serve_in_worker", host, "7408", "0", "0", "lent"])
    worker = int(next_line(server))
    ask: list[str | Path] = [uring, "transfer", host, "7408", str(UP), str(DOWN)]
    client = lab.near.popen(ask)
    assert (client.wait(), server.wait()) == (0, 0)

    # The thread that sends and receives is one of the parent's.
    assert account.process(lab.far, server.pid) == turned(account.wire())
    assert account.process(lab.far, worker) == NOTHING
