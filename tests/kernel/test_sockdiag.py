"""What somebody without any privilege learns of TCP, beside what crossed the wire."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from socket import if_indextoname
from typing import TYPE_CHECKING, Any

import pytest

from monitor.usage import Traffic, total
from tests import namespaces
from tests.e2e.daemon import wait_for
from tests.e2e.places import NOBODY, Mounts, Place, plain_user, readable_copy
from tests.estimates import is_estimate, let_go
from tests.kernel.account import both
from tests.lab import DEVICE
from tests.load import next_line
from tests.namespaces import retransmitted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.lab import Both, Lab

UP, DOWN = 1_000_000, 2_000_000
FAMILIES = pytest.mark.parametrize("family", ["4", "6"])
TRAFFIC = ("rx_bytes", "tx_bytes", "rx_packets", "tx_packets")
CONTAINER = f"docker-{'c0ffee00' * 8}.scope"

_PORTS = itertools.count(8300)  # of no other file: the lab counts by port


def traffic(found: dict[str, Any]) -> Traffic:
    """The numbers of a row, or of what was not seen."""
    return Traffic(*(found[name] for name in TRAFFIC))


class Looker:
    """The source, as a plain user in near; see looker.py.

    Attributes:
        place: where it runs.
        tests: the project's tests, as that user may read them.
        again: segments that TCP had sent twice before.
    """

    def __init__(self, place: Place, folder: Path) -> None:
        self.place = place
        self.tests = folder / "checkout" / "tests"
        self.again = retransmitted()
        self._running: list[subprocess.Popen[str]] = []
        self._source = self.start(self.tests / "kernel" / "looker.py")
        assert next_line(self._source) == "ready\n"

    def start(self, *command: str | int | Path) -> subprocess.Popen[str]:
        """Start a Python program as the same user.

        Args:
            command: the file and its arguments.
        """
        process = subprocess.Popen(
            [*self.place.enter, self.place.python, *map(str, command)],
            env=self.place.environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._running.append(process)
        return process

    def traffic(self, *arguments: str | int) -> subprocess.Popen[str]:
        """Start a program of tests/traffic.py as the same user.

        Args:
            arguments: its command and what that wants.
        """
        program = self.tests / "traffic.py"
        return self.start("-S", "-E", program, *map(str, arguments))

    def ask(self, word: str = "look") -> dict[str, Any]:
        """Say a word, and return the answer.

        Args:
            word: see looker.py.
        """
        assert self._source.stdin
        self._source.stdin.write(f"{word}\n")
        self._source.stdin.flush()
        answer: dict[str, Any] = json.loads(next_line(self._source))
        return answer

    def rows(self) -> list[dict[str, Any]]:
        """What has an owner now."""
        found: list[dict[str, Any]] = self.ask()["rows"]
        return found

    def of(self, pid: int) -> Traffic:
        """What a process owns now."""
        return total(traffic(row) for row in self.rows() if row["pid"] == pid)

    def wait(self, condition: Callable[[dict[str, Any]], object], what: str) -> None:
        """Look until something is so: the kernel tells of an end when it likes.

        Args:
            condition: of an answer.
            what: for the message.
        """
        wait_for(lambda: condition(self.ask()), what)

    def close(self) -> None:
        """End it, and what it started."""
        for process in self._running:
            process.kill()
            process.communicate()


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every user may enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="esimmon-sockdiag-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def place(lab: Lab, folder: Path) -> Iterator[Place]:
    """A plain user in near, with a copy of the project."""
    with Mounts(*readable_copy(folder)) as mounts:
        yield plain_user(lab.near, folder, mounts)


@pytest.fixture
def looker(place: Place, folder: Path) -> Iterator[Looker]:
    """The source, begun."""
    made = Looker(place, folder)
    yield made
    made.close()


def wait_for_estimate(looker: Looker, wire: Both, find: Callable[[], Traffic]) -> None:
    """Wait until an estimate is what the wire says, as far as it can be."""
    seen: list[Both] = []

    def is_there() -> bool:
        seen.append(both(find()))
        return is_estimate(seen[-1], wire, retransmitted() - looker.again)

    try:
        looker.wait(lambda _: is_there(), "the estimate")
    except AssertionError:
        raise AssertionError(f"{seen[-1]} instead of {wire}") from None


def serve(lab: Lab, family: str, count: int = 1) -> tuple[str, int]:
    """A server in far: its address and port."""
    host, port = lab.address[f"far{family}"], next(_PORTS)
    next_line(lab.far.traffic("serve", host, port, count))
    return host, port


def test_three_hundred_short_connections_are_all_seen_and_belong_to_nobody(
    lab: Lab, looker: Looker
) -> None:
    host, port = serve(lab, "4", 300)
    clients = looker.traffic("short_lived", host, port, 300, 20_000)
    clients.communicate()
    lab.wire()
    wait_for_estimate(looker, lab.port(port), lambda: traffic(looker.ask()["unseen"]))
    assert looker.rows() == []
    assert looker.ask()["lost"] == 0


@FAMILIES
@pytest.mark.parametrize(("up", "down"), [(UP, 0), (0, DOWN)])
def test_a_connection_seen_open_is_its_process_s_to_the_last_byte(
    lab: Lab, looker: Looker, family: str, up: int, down: int
) -> None:
    host, port = serve(lab, family)
    client = looker.traffic("transfer_later", host, port, up, down)
    next_line(client)
    (row,) = looker.rows()
    let_go(lab, client)
    wait_for_estimate(looker, lab.port(port), lambda: looker.of(client.pid))
    assert Path(row["process"]["exe"]).name == Path(looker.place.python).name
    assert row["process"]["argv"][4:6] == ["transfer_later", host]
    assert (row["process"]["uid"], row["comm"][:6]) == (NOBODY, "python")
    assert (row["netns"], row["ifindex"]) == (lab.near.inode, lab.ifindex(lab.near))
    assert traffic(looker.ask()["unseen"]) == Traffic()
    looker.wait(lambda seen: all(row["ended"] for row in seen["rows"]), "its end")


@FAMILIES
def test_a_connection_that_came_in_counts_the_answer_to_its_syn(
    lab: Lab, looker: Looker, family: str
) -> None:
    host, port = lab.address[f"near{family}"], next(_PORTS)
    server = looker.traffic("serve", host, port)
    next_line(server)
    client = lab.far.traffic("transfer_later", host, port, UP, DOWN)
    next_line(client)
    looker.wait(lambda seen: seen["rows"], "the server's connection")
    let_go(lab, client)
    wait_for_estimate(looker, lab.port(port), lambda: looker.of(server.pid))


def test_a_connection_handed_to_a_child_is_the_child_s_from_then_on(
    lab: Lab, looker: Looker
) -> None:
    host, port = lab.address["near4"], next(_PORTS)
    server = looker.traffic("serve_in_child", host, port)
    next_line(server)
    client = lab.far.traffic("transfer_later", host, port, UP, DOWN)
    next_line(client)
    child = int(next_line(server))
    looker.wait(lambda _: looker.of(child), "the child's connection")
    let_go(lab, client)

    def family() -> Traffic:
        return looker.of(server.pid) + looker.of(child)

    wait_for_estimate(looker, lab.port(port), family)
    assert looker.of(server.pid).bytes < 1000
    assert looker.of(child).bytes > UP + DOWN


def test_ipv4_through_a_socket_of_ipv6_has_the_headers_of_ipv4(
    lab: Lab, looker: Looker
) -> None:
    host, port = serve(lab, "4")
    client = looker.traffic("transfer_later", f"::ffff:{host}", port, UP, DOWN)
    next_line(client)
    assert looker.of(client.pid)
    let_go(lab, client)
    wait_for_estimate(looker, lab.port(port), lambda: looker.of(client.pid))


def test_of_somebody_else_s_connection_the_cgroup_and_the_user_are_known(
    lab: Lab, looker: Looker, cgroup: Path
) -> None:
    (cgroup / CONTAINER).mkdir()
    host, port = serve(lab, "4")
    enter = f'echo $$ >"{cgroup}/{CONTAINER}/cgroup.procs"; exec "$@"'
    python = ("sh", "-c", enter, "sh", sys.executable, "-S", "-E", namespaces.TRAFFIC)
    words = ("transfer_later", host, str(port), str(UP), str(DOWN))
    client = lab.near.popen([*python, *words])
    next_line(client)
    looker.wait(lambda seen: seen["rows"], "the connection")
    let_go(lab, client)
    wait_for_estimate(looker, lab.port(port), lambda: traffic(looker.rows()[0]))
    (row,) = looker.rows()
    assert row["pid"] < 0
    assert row["process"]["cgroup"] == f"/{cgroup.name}/{CONTAINER}"
    assert (row["process"]["uid"], row["process"]["exe"], row["comm"]) == (0, "", None)


def test_what_moved_before_the_start_belongs_to_the_time_before(
    lab: Lab, place: Place, looker: Looker
) -> None:
    host, port = serve(lab, "4", 2)
    client = looker.traffic("transfer_twice", host, port, DOWN)
    next_line(client)
    waiting = looker.traffic("transfer_later", host, port, UP, DOWN)
    next_line(waiting)
    late = Looker(place, looker.tests.parents[1])
    try:
        assert late.of(waiting.pid) == Traffic()
        assert looker.of(waiting.pid).tx_packets == 2
        let_go(lab, waiting)
        handshake = Traffic(60, 112, 1, 2)
        late.wait(
            lambda _: looker.of(waiting.pid) - late.of(waiting.pid) == handshake,
            "all but the handshake",
        )
    finally:
        late.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "near4", "near6"])
def test_what_never_leaves_the_machine_is_not_counted(
    lab: Lab, looker: Looker, host: str
) -> None:
    host, port = lab.address.get(host, host), next(_PORTS)
    next_line(looker.traffic("serve", host, port))
    client = looker.traffic("transfer_later", host, port, UP, DOWN)
    next_line(client)
    assert looker.rows() == []
    let_go(lab, client)
    seen = looker.ask()
    assert (seen["rows"], traffic(seen["unseen"])) == ([], Traffic())


def test_udp_has_no_owner_here(lab: Lab, looker: Looker) -> None:
    host, port = lab.address["far4"], next(_PORTS)
    server = lab.far.datagrams("serve", host, port)
    next_line(server)
    program = looker.tests / "datagrams.py"
    client = looker.start("-S", "-E", program, "ask", host, port, 100)
    looker.ask()
    client.communicate()
    server.communicate("stop\n")
    seen = looker.ask()
    assert lab.port(port).tx.packets == 100
    assert (seen["rows"], traffic(seen["unseen"])) == ([], Traffic())


def test_ends_for_which_the_kernel_has_no_room_are_counted_and_said_once(
    lab: Lab, looker: Looker
) -> None:
    looker.ask("deafen")
    host, port = serve(lab, "4", 50)
    looker.traffic("short_lived", host, port, 50, 1000).communicate()
    looker.ask("listen")
    looker.wait(lambda seen: seen["lost"], "the loss")
    looker.ask()
    (told,) = looker.ask()["told"]
    assert "no room for the ends of some TCP connections" in told

    host, port = serve(lab, "4")
    client = looker.traffic("transfer_later", host, port, UP, DOWN)
    next_line(client)
    assert looker.of(client.pid)
    let_go(lab, client)
    wait_for_estimate(looker, lab.port(port), lambda: looker.of(client.pid))


def test_a_look_that_fails_is_said_once_and_made_up_for(
    lab: Lab, looker: Looker
) -> None:
    host, port = serve(lab, "4")
    client = looker.traffic("transfer_later", host, port, UP, DOWN)
    next_line(client)
    assert looker.of(client.pid)
    for _ in range(2):
        looker.ask("starve")
        looker.ask("hungry")
    (told,) = looker.ask("feed")["told"]
    assert told.startswith("sock_diag: [Errno 24] Too many open files; which program")
    let_go(lab, client)
    wait_for_estimate(looker, lab.port(port), lambda: looker.of(client.pid))


def test_a_device_is_named_by_the_address(lab: Lab, looker: Looker) -> None:
    host, port = serve(lab, "6")
    client = looker.traffic("transfer_later", host, port, 0, 0)
    next_line(client)
    with lab.near.inside():
        assert [if_indextoname(row["ifindex"]) for row in looker.rows()] == [DEVICE]
