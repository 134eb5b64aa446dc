"""Links and default routes that are not read again are those that would be read."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from monitor.collectors import routes, rtnetlink
from monitor.collectors.topology import Topology
from tests.namespaces import Namespace

if TYPE_CHECKING:
    from collections.abc import Iterator

CHANGES = (
    "tuntap add esic0 mode tun",
    "link set esic0 up",
    "addr add 10.99.0.1/24 dev esic0",
    "route add default dev esic0",
    "route del default dev esic0",
    "route add default via 10.99.0.2",
    "addr del 10.99.0.1/24 dev esic0",
    "addr add 10.99.0.1/24 dev esic0",
    "route add default via 10.99.0.2",
    "link set esic0 down",
    "link set esic0 name esic1",
    "link set esic1 mtu 1280",
    "link set esic1 up",
    "route add ::/0 dev esic1",
    "route del ::/0 dev esic1",
    "addr add fd99::1/64 dev esic1 nodad",
    "nexthop add id 7 dev lo",
    "route add default nhid 7",
    "nexthop del id 7",
    "tuntap add esic2 mode tap",
    "route add default dev esic1",
    "tuntap del esic1 mode tun",
)
"""The daemon is not told of all of them in the same way."""


@pytest.fixture
def here() -> Iterator[Namespace]:
    """A namespace in which this thread is."""
    with contextlib.closing(Namespace("esimmon-cost")) as made, made.inside():
        yield made


def assert_true(topology: Topology) -> None:
    """What it says is what there is."""
    assert topology.links() == rtnetlink.collect()
    assert topology.default_routes() == routes.collect()


def test_each_change_is_seen_at_the_next_look(here: Namespace) -> None:
    with Topology() as topology:
        assert_true(topology)
        for change in CHANGES:
            here.ip(change)
            assert_true(topology)


def test_nothing_is_read_again_while_nothing_changes(here: Namespace) -> None:
    here.ip("tuntap add esic0 mode tun", "link set esic0 up")
    with Topology() as topology:
        topology.links()
        links = topology.links()
        assert topology.links() is links
        here.ip("link set esic0 mtu 1400")
        assert topology.links() is not links


def test_the_other_end_of_a_pair_may_move_without_a_word(here: Namespace) -> None:
    here.ip("link add esic0 type veth peer name esic1")
    with (
        contextlib.closing(Namespace("esimmon-cost-2")) as there,
        Topology() as topology,
    ):
        assert_true(topology)
        here.ip(f"link set esic1 netns {there.name}")
        assert_true(topology)
        there.ip("link set esic1 up")
        assert_true(topology)


def test_more_news_than_there_is_room_for_are_news_as_well(here: Namespace) -> None:
    with Topology() as topology:
        topology.links()
        added = (f"tuntap add esic{i} mode tun" for i in range(80))
        here.ip(*added, *(f"tuntap del esic{i} mode tun" for i in range(80)))
        here.ip("tuntap add esic0 mode tun")
        assert_true(topology)


def test_without_an_ear_all_is_read_each_time(here: Namespace) -> None:
    with Topology() as topology:
        topology.close()
        assert_true(topology)
        here.ip("tuntap add esic0 mode tun")
        assert_true(topology)
