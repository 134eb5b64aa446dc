"""Which device leads to which container, asked once and forgotten in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.attribution.containers import Containers
from monitor.devices import Link
from monitor.errors import SourceError
from monitor.networks.attaching import ARPHRD_ETHER, elsewhere
from monitor.usage import Owner, Process, SocketKey
from monitor.wire import Peer

if TYPE_CHECKING:
    from collections.abc import Iterable

CONTAINER = f"/system.slice/docker-{'ab' * 32}.scope"


class Kernel:
    """Numbers of namespaces, and which of them were asked for."""

    def __init__(self, **numbers: int) -> None:
        self.numbers = {int(name[1:]): nsid for name, nsid in numbers.items()}
        self.asked: list[tuple[int, int, str]] = []
        self.broken = False

    def find_nsid(
        self, netns: int, processes: Iterable[Process], cgroup: str = ""
    ) -> int | None:
        """The number of a namespace."""
        self.asked.append((netns, len(list(processes)), cgroup))
        if self.broken:
            raise SourceError("rtnetlink: no")
        return self.numbers.get(netns)


def find(owner: Owner) -> Process:
    """Odd pids are in a container."""
    cgroup = CONTAINER if owner.pid % 2 else "/user.slice"
    return Process(owner, "x", "/bin/x", ("x",), 0, 1, cgroup)


def key(netns: int, pid: int = 3, ifindex: int = 2) -> SocketKey:
    """A row of another namespace."""
    return SocketKey(Owner(1, pid, 1), netns, ifindex)


def pair(ifindex: int, nsid: int | None, peer: int = 2) -> dict[int, Link]:
    """A virtual pair that leads to another namespace."""
    name = f"veth{ifindex}"
    made = Link(
        *(ifindex, name, ARPHRD_ETHER, "veth", 1500),
        peer_nsid=nsid,
        peer_ifindex=peer if nsid is not None else 0,
    )
    return {ifindex: made}


def test_the_pair_that_ends_at_the_rows_device_leads_to_it() -> None:
    kernel = Kernel(n100=7)
    links = pair(20, 7) | pair(21, 7, peer=3) | pair(22, 8)
    found = Containers(kernel.find_nsid).ports([key(100)], links, {}, find)
    assert found == {elsewhere(100, 2): 20}


def test_a_namespace_is_asked_for_once_with_all_that_were_in_it() -> None:
    kernel = Kernel(n100=7)
    containers = Containers(kernel.find_nsid)
    for _ in range(2):
        containers.ports([key(100), key(100, 4), key(100, 4, 9)], pair(20, 7), {}, find)
    assert kernel.asked == [(100, 2, CONTAINER)]


def test_only_of_a_container_any_process_will_do() -> None:
    """A login's processes can each be in another namespace."""
    kernel = Kernel()
    Containers(kernel.find_nsid).ports([key(100, 4)], pair(20, 7), {}, find)
    assert kernel.asked == [(100, 1, "")]


def test_nobody_is_asked_where_no_device_leads_anywhere() -> None:
    kernel = Kernel(n100=7)
    assert (
        Containers(kernel.find_nsid).ports([key(100)], pair(20, None), {}, find) == {}
    )
    assert kernel.asked == []


def test_who_is_not_found_is_asked_for_again() -> None:
    kernel = Kernel()
    containers = Containers(kernel.find_nsid)
    kernel.broken = True
    assert containers.ports([key(100)], pair(20, 7), {}, find) == {}
    kernel.broken = False
    assert containers.ports([key(100)], pair(20, 7), {}, find) == {}
    kernel.numbers[100] = 7
    assert containers.ports([key(100)], pair(20, 7), {}, find) == {
        elsewhere(100, 2): 20
    }


def test_a_number_whose_pair_is_another_one_is_asked_for_again() -> None:
    """Both numbers are given anew when a container has gone."""
    kernel = Kernel(n100=7, n200=8)
    containers = Containers(kernel.find_nsid)
    containers.ports([key(100), key(200)], pair(20, 7) | pair(21, 8), {}, find)
    kernel.numbers[100] = 9
    links = pair(21, 8) | pair(30, 7) | pair(31, 9)
    found = containers.ports([key(100), key(200)], links, {}, find)
    assert found == {elsewhere(100, 2): 31, elsewhere(200, 2): 21}
    assert [netns for netns, _, _ in kernel.asked] == [100, 200, 100]


def test_what_the_kernel_noted_of_a_pair_needs_no_question() -> None:
    kernel = Kernel()
    peers = {20: Peer(100, 2, 0, "veth20")}
    found = Containers(kernel.find_nsid).ports([key(100)], pair(20, 7), peers, find)
    assert found == {elsewhere(100, 2): 20}
    assert kernel.asked == []
