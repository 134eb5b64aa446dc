"""The service manager keeps the kernel's counts over a kill, a restart, an upgrade."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from monitor.usage import Traffic
from tests.kernel.account import both
from tests.load import next_line
from tests.systemd.manager import Manager

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

    from tests.lab import Both, Lab

CHECKOUT = Path(__file__).parents[2]
HOLDER = Path(__file__).with_name("holder.py")
MUCH = 900_000_000
ROWS = 32_768
MAPS = {
    *("rows", "owners", "ended", "mtus", "losses", "identity", "wires", "hops"),
    "quotas",
    *("peers", "local_prefixes", "remotes", "switches", "room", "wakeups"),
}

pytestmark = [
    pytest.mark.kernel,
    pytest.mark.needs("root", "ip", "nft", "nsenter", "libbpf.so.1"),
]


class Service:
    """A holder that a manager started.

    Attributes:
        process: it.
        opened: what it said of its program.
    """

    def __init__(self, manager: Manager, lab: Lab, known: str, rows: int) -> None:
        environ = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
        numbers = (str(rows), str(lab.near.inode))
        self.process: subprocess.Popen[str] = manager.start(
            [sys.executable, str(HOLDER), known, *numbers], environ
        )
        self.opened: dict[str, Any] = json.loads(next_line(self.process))

    @property
    def instance(self) -> str:
        """Id of its maps."""
        return str(self.opened["instance"])

    def tell(self, word: str) -> Any:  # noqa: ANN401 - whatever it answers
        """Have it do something; returns what it says."""
        assert self.process.stdin
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()
        return json.loads(next_line(self.process))

    def counted(self) -> Both:
        """What its maps have of near."""
        return both(Traffic(**self.tell("read")))

    def final(self) -> Both:
        """What the maps before had of near, at the end."""
        return both(Traffic(**self.opened["final"]))

    def kill(self) -> None:
        """End it without a chance to do anything."""
        self.process.kill()
        self.process.communicate()


class Services:
    """Starts one after the other, under one manager.

    Attributes:
        manager: it.
    """

    def __init__(self, manager: Manager, lab: Lab) -> None:
        self.manager = manager
        self._lab = lab

    def start(self, known: str = "", rows: int = ROWS) -> Service:
        """Start one.

        Args:
            known: the instance that its store knows.
            rows: another number makes it another version of the program.
        """
        return Service(self.manager, self._lab, known, rows)


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    """A manager that keeps what it is given."""
    with Manager(tmp_path) as made:
        yield made


@pytest.fixture
def services(manager: Manager, lab: Lab) -> Services:
    """Services of that manager."""
    return Services(manager, lab)


def transfer(lab: Lab, port: int, down: int) -> list[subprocess.Popen[str]]:
    """Start a download; client and server."""
    host = lab.address["far4"]
    server = lab.far.traffic("serve", host, port)
    next_line(server)
    return [lab.near.traffic("transfer", host, port, 1000, down), server]


def begin(lab: Lab, port: int) -> tuple[Both, list[subprocess.Popen[str]]]:
    """A large download of which a good part is through, but by far not all."""
    before = lab.wire()
    both_ends = transfer(lab, port, MUCH)
    while lab.received() < before.rx.bytes + MUCH / 20:
        time.sleep(0.005)
    return before, both_ends


def end(lab: Lab, before: Both, both_ends: list[subprocess.Popen[str]]) -> Both:
    """Wait for its end; returns what was on the wire."""
    assert both_ends[0].poll() is None, "the transfer was over before the change"
    assert [each.wait() for each in both_ends] == [0, 0]
    return lab.wire().since(before)


def move(lab: Lab, port: int) -> Both:
    """A small download, from its begin to its end."""
    before = lab.wire()
    assert [each.wait() for each in transfer(lab, port, 1000)] == [0, 0]
    return lab.wire().since(before)


def numbers(names: set[str]) -> list[int]:
    """Numbers of the programs of which something is kept."""
    return sorted({int(name.partition(".")[0]) for name in names})


@pytest.mark.parametrize("how", ["kill", "close"])
def test_counting_goes_on_between_two_services(
    lab: Lab, services: Services, how: str
) -> None:
    """After a kill, and after a stop that is the first half of a restart."""
    old = services.start()
    assert old.opened["pinned"]
    assert not old.opened["outlives_a_stop"]
    kept = services.manager.names()
    before, both_ends = begin(lab, 7301)
    if how == "close":
        old.tell("close")
    old.kill()
    new = services.start(old.instance)

    assert new.opened["adopted"]
    assert new.instance == old.instance
    assert new.opened["final"] is None
    wire = end(lab, before, both_ends)
    assert new.counted() == wire
    assert services.manager.names() == kept
    assert {f"1.{name}" for name in (*MAPS, "link_skb_egress")} <= kept


def test_another_version_takes_over_in_the_middle_of_a_transfer(
    lab: Lab, services: Services
) -> None:
    old = services.start()
    before, both_ends = begin(lab, 7302)
    old.kill()
    new = services.start(old.instance, rows=1000)

    assert not new.opened["adopted"]
    assert new.instance != old.instance
    wire = end(lab, before, both_ends)
    counted, final = new.counted(), new.final()
    assert min(counted.rx.bytes, final.rx.bytes) > 0
    assert counted.rx.bytes + final.rx.bytes == wire.rx.bytes
    assert counted.tx.packets + final.tx.packets == wire.tx.packets
    kept = services.manager.names()
    assert {name for name in kept if name[0] == "1"} == {f"1.{name}" for name in MAPS}
    new.tell("drop_previous")
    assert numbers(services.manager.names()) == [2]


def test_last_counters_are_given_until_the_store_has_them(
    lab: Lab, services: Services
) -> None:
    old = services.start()
    wire = move(lab, 7303)
    old.kill()
    replaced = services.start(old.instance, rows=1000)
    replaced.kill()  # before anything was stored
    again = services.start(old.instance, rows=1000)
    assert again.opened["adopted"]
    assert again.instance == replaced.instance
    assert again.final() == replaced.final() == wire
    again.tell("drop_previous")  # stored now
    again.kill()
    after = services.start(again.instance, rows=1000)
    assert after.opened["adopted"]
    assert after.opened["final"] is None


def test_counts_that_the_store_does_not_know_are_dropped(
    lab: Lab, services: Services
) -> None:
    stranger = services.start()
    move(lab, 7304)
    stranger.kill()
    new = services.start("ab" * 16)
    assert not new.opened["adopted"]
    assert new.opened["final"] is None
    assert new.counted() == both(Traffic())
    assert numbers(services.manager.names()) == [2]


def test_what_a_killed_start_left_is_dropped(lab: Lab, services: Services) -> None:
    """The map `identity` is sent last: without it, others may be missing."""
    half = services.start()
    half.kill()
    assert "1.identity" in services.manager.names()
    services.manager.remove("1.identity")
    new = services.start(half.instance)
    assert not new.opened["adopted"]
    assert new.opened["final"] is None
    assert move(lab, 7305) == new.counted()
    assert numbers(services.manager.names()) == [2]
    assert len(services.manager.names()) > len(MAPS)


def test_a_missing_link_means_a_new_program_and_the_last_counters(
    lab: Lab, services: Services
) -> None:
    old = services.start()
    wire = move(lab, 7306)
    old.kill()
    assert "1.link_connect4" in services.manager.names()
    services.manager.remove("1.link_connect4")
    new = services.start(old.instance)
    assert not new.opened["adopted"]
    assert new.final() == wire
    assert move(lab, 7307) == new.counted()


def test_descriptors_of_another_version_are_dropped(services: Services) -> None:
    old = services.start()
    old.kill()
    assert numbers(services.manager.names()) == [1]
    services.manager.rename("1.", "v2-1.")
    new = services.start(old.instance)
    assert not new.opened["adopted"]
    assert numbers(services.manager.names()) == [1]


def test_a_manager_that_keeps_too_few_costs_only_the_time_between(
    lab: Lab, services: Services
) -> None:
    services.manager.most = 5
    old = services.start()
    assert len(services.manager.names()) == services.manager.most
    assert move(lab, 7308) == old.counted()
    old.kill()
    new = services.start(old.instance)
    assert not new.opened["adopted"]
    assert new.opened["final"] is None
    assert move(lab, 7309) == new.counted()


def test_detached_nothing_is_kept_and_nothing_counts(
    lab: Lab, services: Services
) -> None:
    service = services.start()
    wire = move(lab, 7310)
    service.tell("detach")
    assert services.manager.names() == set()
    move(lab, 7311)
    assert service.counted() == wire
