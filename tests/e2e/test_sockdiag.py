"""The daemon without any privilege: TCP by program, and what is missing is said."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from monitor.collectors.bpf.cgroups import find_root
from tests.e2e.daemon import SLOW
from tests.e2e.places import Place
from tests.e2e.truth import (
    NOTHING,
    adds_up,
    billed,
    free_port,
    moved,
    of_process,
    of_reason,
    raw,
    transfer,
)
from tests.estimates import is_estimate, let_go
from tests.load import next_line
from tests.namespaces import TRAFFIC

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.e2e.daemon import Esimmon
    from tests.lab import Lab

UP, DOWN = 100_000, 300_000
CONTAINER = f"docker-{'c0ffee00' * 8}.scope"
NAME = "docker:c0ffee00c0ff"


@pytest.fixture
def container() -> Iterator[Path]:
    """A cgroup whose name is that of a container."""
    folder = find_root() / f"esimmon-e2e-{os.getpid()}" / CONTAINER
    folder.mkdir(parents=True)
    yield folder
    folder.rmdir()
    folder.parent.rmdir()


def begin(lab: Lab, where: Place | Path) -> tuple[subprocess.Popen[str], int]:
    """A client in near that is connected and waits, and the port of its connection.

    In a place, as its user; or in a cgroup, as root.
    """
    far, port = lab.address["far4"], free_port()
    next_line(lab.far.traffic("serve", far, port))
    words = ("transfer_later", far, str(port), str(UP), str(DOWN))
    if isinstance(where, Place):
        program = f"{where.python.partition('/base/')[0]}/checkout/tests/traffic.py"
        client = subprocess.Popen(
            [*where.enter, where.python, "-S", "-E", program, *words],
            env=where.environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
    else:
        enter = f'echo $$ >"{where}/cgroup.procs"; exec "$@"'
        python = ("sh", "-c", enter, "sh", sys.executable, "-S", "-E", TRAFFIC)
        client = lab.near.popen([*python, *words])
    next_line(client)
    return client, port


def test_a_plain_user_learns_which_program_moved_tcp(
    lab: Lab, user: Place, make: Callable[[Place], Esimmon], container: Path
) -> None:
    esimmon = make(user)
    esimmon.configure(SLOW)
    before = raw(lab.near)
    daemon = esimmon.start()
    own, own_port = begin(lab, user)
    other, other_port = begin(lab, container)
    assert daemon.flush()
    let_go(lab, own)
    let_go(lab, other)
    _, brief = transfer(lab, down=50_000)
    report = esimmon.report("application")

    assert billed(report) == raw(lab.near) - before
    assert adds_up(report)
    found = {row["application"]: row for row in report["rows"]}
    assert found.keys() == {"traffic.py", NAME, None}
    assert is_estimate(moved([found["traffic.py"]]), lab.port(own_port))
    assert is_estimate(moved([found[NAME]]), lab.port(other_port))
    # Nobody saw the last connection open: it is nobody's.
    assert found[None]["reason"] == "unattributed"
    rest = moved([found[None]])
    assert rest.rx.packets == brief.rx.packets
    assert rest.rx.bytes >= brief.rx.bytes

    by_process = esimmon.report()
    assert daemon.stop() == 0
    assert adds_up(by_process)
    assert is_estimate(of_process(by_process, own.pid), lab.port(own_port))
    others = of_reason(by_process, "other-processes")
    assert is_estimate(others, lab.port(other_port))


def test_a_plain_user_is_told_what_is_seen_and_what_is_missing(
    user: Place, make: Callable[[Place], Esimmon]
) -> None:
    daemon = make(user).start()
    status = daemon.ask("status") or {}
    assert status["tier"] == "sockdiag"
    assert daemon.stop() == 0
    shown = " ".join(daemon.shown().split())
    assert "programs TCP by program (tier sockdiag): your own by process" in shown
    assert "only in the total: UDP (QUIC, DNS), and connections shorter" in shown
    assert "not permitted: CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN missing" in shown
    assert "Run esimmon as root (sudo)" in shown
    assert daemon.said() == ""


def test_udp_is_part_of_the_total_only(
    lab: Lab, user: Place, make: Callable[[Place], Esimmon]
) -> None:
    esimmon = make(user)
    before = raw(lab.near)
    daemon = esimmon.start()
    far, port = lab.address["far4"], free_port()
    server = lab.far.datagrams("serve", far, port)
    next_line(server)
    assert lab.near.datagrams("ask", far, port, 100).wait() == 0
    server.communicate("stop\n")
    lab.wire()
    report = esimmon.report()

    assert daemon.stop() == 0
    assert billed(report) == raw(lab.near) - before
    assert [row["reason"] for row in report["rows"]] == ["unattributed"]
    assert moved(report["rows"]).tx.packets == 100
    assert report["interfaces"][0]["coverage_pct"] == 0.0


def test_a_second_run_counts_what_is_still_open_from_where_the_first_ended(
    lab: Lab, user: Place, make: Callable[[Place], Esimmon]
) -> None:
    esimmon = make(user)
    esimmon.configure(SLOW)
    daemon = esimmon.start()
    client, port = begin(lab, user)
    assert daemon.flush()
    daemon.kill()
    daemon = esimmon.start()
    let_go(lab, client)
    report = esimmon.report()

    assert daemon.stop() == 0
    wire = lab.port(port)
    # The handshake was the first run's.
    assert is_estimate(of_process(report, client.pid), wire)
    assert adds_up(report)
    assert of_reason(report, "over-explained") == NOTHING
