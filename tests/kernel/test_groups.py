"""What is sent to many: once on the wire, so once for the first socket that gets it.

No router hands it on, so the truth is at the link between near and its router.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.kernel.account import NOTHING, Account, Link
from tests.lab import DEVICE, Both
from tests.load import next_line
from tests.namespaces import PACKETS
from tests.wire import Way

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.collectors.bpf import Program
    from tests.lab import Lab

GROUPS = pytest.mark.parametrize("group", ["239.7.7.7", "ff05::777", "10.77.1.255"])
SOCKETS = pytest.mark.parametrize("sockets", [1, 3])
SENT = 10


@pytest.fixture
def link(lab: Lab) -> Iterator[Link]:
    """The truth of this file."""
    with Link(lab) as made:
        yield made


def one_way(group: str) -> Way:
    """What the datagrams of these tests are."""
    return Way(SENT * (1048 if ":" in group else 1028), SENT)


@GROUPS
@SOCKETS
def test_what_comes_to_many_is_counted_once(
    lab: Lab, link: Link, program: Program, group: str, sockets: int
) -> None:
    hearer = lab.near.script(PACKETS, "hear", group, 7701, DEVICE, sockets)
    next_line(hearer)
    account = Account(program, link)
    speaker = lab.left.script(PACKETS, "speak", group, 7701, "to_near", 1000, SENT)
    assert speaker.wait() == 0
    wire = account.wire()
    said, _ = hearer.communicate("stop\n")

    assert wire.rx == one_way(group)
    assert int(said) == SENT * sockets
    assert account.process(lab.near, hearer.pid) == Both(wire.rx, Way(0, 0))


@GROUPS
@SOCKETS
def test_what_a_machine_sends_to_many_and_hears_itself_is_sent_once(
    lab: Lab, link: Link, program: Program, group: str, sockets: int
) -> None:
    hearer = lab.near.script(PACKETS, "hear", group, 7702, DEVICE, sockets)
    next_line(hearer)
    account = Account(program, link)
    speaker = lab.near.script(PACKETS, "speak", group, 7702, DEVICE, 1000, SENT)
    assert speaker.wait() == 0
    account.wire()  # all of it is there
    said, _ = hearer.communicate("stop\n")

    assert int(said) == SENT * sockets
    # The kernel also tells the group's routers that it is a member (IGMP).
    assert account.process(lab.near, speaker.pid) == Both(Way(0, 0), one_way(group))
    assert account.process(lab.near, hearer.pid) == NOTHING
