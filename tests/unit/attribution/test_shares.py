"""Socket rows find their application and attachment; nothing is lost on the way."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.attribution.shares import NO_UID, Surroundings, attribute, nobody
from monitor.networks.attaching import elsewhere, local_part
from monitor.usage import (
    Application,
    Attachment,
    Owner,
    Process,
    Share,
    SocketKey,
    Traffic,
    total,
)

OURS = 4026531840
CURL = Process(Owner(10, 20, 1), "curl", "/usr/bin/curl", ("curl",), 1000, 1, "/")
WWAN0 = Attachment("if:wwan0", "wwan0", billed=True)
ETH0 = Attachment("if:eth0", "eth0", billed=True)
BRIDGE = Attachment("if:br0", "br0", billed=False)
AROUND = Surroundings(
    netns=OURS,
    devices={2: WWAN0, 3: ETH0, 4: BRIDGE},
    lowers={4: (2, 3)},
    weights={2: 100, 3: 300},
)
MOVED = Traffic(1000, 101, 10, 3)
SIGNED = st.integers(min_value=-(2**50), max_value=2**50)


def find(owner: Owner) -> Process:
    """The facts of curl, and of nobody else."""
    return CURL if owner == CURL.owner else nobody(owner)


def key(owner: Owner = CURL.owner, netns: int = OURS, ifindex: int = 2) -> SocketKey:
    """A row of the kernel's map."""
    return SocketKey(owner, netns, ifindex)


def test_a_row_belongs_to_the_application_of_its_process() -> None:
    """On the device that carried it."""
    (row,) = attribute({key(): MOVED}, AROUND, find)
    curl = Application("curl", "executable", "/usr/bin/curl")
    assert (row.attachment, row.share) == (WWAN0, Share(curl, uid=1000))
    assert (row.process, row.traffic) == (CURL, MOVED)


def test_a_row_has_the_class_of_its_process() -> None:
    """Asked at each tick: a person may have left."""
    around = replace(AROUND, class_of=lambda process: f"of {process.comm}")
    (row,) = attribute({key(): MOVED}, around, find)
    assert row.share.app_class == "of curl"


def test_a_row_without_process_in_our_namespace_is_the_kernels() -> None:
    """ICMP, neighbour discovery, the last packets of closed connections."""
    (row,) = attribute({key(Owner(0, 0, 58)): MOVED}, AROUND, find)
    assert (row.share, row.process) == (Share(None, kind="kernel", uid=NO_UID), None)


def test_a_row_without_process_and_namespace_stays_unattributed() -> None:
    """Nobody can say whose device it crossed."""
    assert attribute({key(Owner(0, 0, 58), netns=0): MOVED}, AROUND, find) == []


def test_a_row_of_another_namespace_is_on_no_device_of_ours() -> None:
    """Its ifindex means something else there."""
    (row,) = attribute({key(netns=99): MOVED}, AROUND, find)
    assert row.attachment == elsewhere(99, 2)
    assert not row.attachment.billed


def test_a_row_on_a_device_that_is_gone_is_left_to_the_rest() -> None:
    """It vanished between two ticks; there is no bill to explain."""
    assert attribute({key(ifindex=77): MOVED}, AROUND, find) == []


def test_an_owner_without_facts_is_shown_as_unknown_process() -> None:
    """The bytes are its own all the same."""
    (row,) = attribute({key(Owner(5, 6, 7)): MOVED}, AROUND, find)
    assert row.share.application is not None
    assert row.share.application.name == "(unknown process)"


@given(SIGNED, SIGNED, st.integers(0, 10**6), st.integers(0, 10**6))
def test_rows_on_a_bridge_are_shared_by_its_ports_and_add_up(
    rx_bytes: int, tx_bytes: int, first: int, second: int
) -> None:
    """In proportion to what each port moved; also when none did."""
    moved = Traffic(rx_bytes, tx_bytes, 3, 1)
    around = Surroundings(OURS, AROUND.devices, AROUND.lowers, {2: first, 3: second})
    rows = attribute({key(ifindex=4): moved}, around, find)
    assert total(row.traffic for row in rows) == moved
    assert {row.attachment for row in rows} <= {WWAN0, ETH0}


@pytest.mark.parametrize(("ifindex", "share"), [(2, 250), (3, 750)])
def test_a_port_that_moved_a_quarter_gets_a_quarter(ifindex: int, share: int) -> None:
    """1000 bytes by weights of 100 and 300."""
    rows = attribute({key(ifindex=4): MOVED}, AROUND, find)
    by_device = {row.attachment: row.traffic.rx_bytes for row in rows}
    assert by_device[AROUND.devices[ifindex]] == share


def test_what_stays_among_neighbours_is_booked_beside_the_bill() -> None:
    """On a phone's hotspot: no carrier sees it."""
    local = SocketKey(CURL.owner, OURS, 2, is_local=True)
    (row,) = attribute({local: MOVED}, AROUND, find)
    assert row.attachment == local_part(WWAN0)
    assert (row.attachment.billed, row.share.scope) == (False, "local")
