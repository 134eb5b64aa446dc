"""Each byte of a connection is booked once, to whoever had it at a look."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from monitor.collectors.sockdiag.ledger import Ledger
from monitor.collectors.sockdiag.messages import ESTABLISHED, LISTEN, Socket
from monitor.collectors.sockdiag.places import NOWHERE
from monitor.usage import Owner, SocketKey, Traffic, total

if TYPE_CHECKING:
    from collections.abc import Sequence

CURL, SSH = Owner(5, 100, 1), Owner(6, 200, 1)
NETNS, DEVICE = 4026531840, 2
NEAR, FAR = bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2])


def connection(cookie: int = 1, moved: int = 0, inode: int = 7, **other: int) -> Socket:
    """One that has sent and received that many bytes, in as many segments."""
    state = other.get("state", ESTABLISHED)
    port = other.get("port", 40_000)
    return Socket(
        cookie, state, port, NEAR, FAR, 0, 0, inode, 1, moved, moved, moved, moved, 0
    )


class Looking:
    """A ledger and the machine it looks at."""

    def __init__(self) -> None:
        births = itertools.count(1)
        self.ledger = Ledger(NETNS, lambda: next(births))
        self.device = DEVICE
        self.owner: Owner | None = CURL
        self.late: Owner | None = None

    def begin(self, *sockets: Socket) -> None:
        """The first look."""
        self.ledger.begin(sockets, lambda _: self.device)

    def poll(self, *sockets: Socket) -> None:
        """A later one."""
        self.ledger.poll(sockets, lambda _: self.device, lambda _: self.owner)

    def end(self, last: Socket) -> None:
        """One is no more."""
        self.ledger.ended(last, lambda _: self.device, lambda _: self.late)

    def of(self, owner: Owner) -> Traffic:
        """What somebody has."""
        key = SocketKey(owner, NETNS, DEVICE)
        row = self.ledger.rows.get(key)
        return row.traffic if row else Traffic()


def cost(moved: int) -> Traffic:
    """Of a connection that went out."""
    return connection(moved=moved).on_wire(accepted=False)


def test_what_moved_before_the_first_look_is_nobody_s() -> None:
    """It belongs to the time before."""
    looking = Looking()
    looking.begin(connection(moved=10))
    looking.poll(connection(moved=15))
    assert looking.of(CURL) == cost(15) - cost(10)


def test_a_later_connection_counts_from_its_beginning() -> None:
    """Also what it moved before anybody looked."""
    looking = Looking()
    looking.begin()
    looking.poll(connection(moved=15))
    assert looking.of(CURL) == cost(15)


def test_an_end_adds_what_came_since_the_last_look() -> None:
    """And only that."""
    looking = Looking()
    looking.poll(connection(moved=15))
    looking.end(connection(moved=20, inode=0))
    looking.end(connection(moved=20, inode=0))
    assert looking.of(CURL) == cost(20)
    looking.poll()
    assert looking.of(CURL) == cost(20)


def test_a_connection_that_nobody_saw_open_has_no_owner() -> None:
    """What it moved is known, but not whose it was."""
    looking = Looking()
    looking.end(connection(moved=20, inode=0))
    assert looking.ledger.rows == {}
    assert looking.ledger.unseen == cost(20)


def test_the_end_of_a_listener_moved_nothing() -> None:
    """The kernel tells of it, too."""
    looking = Looking()
    looking.end(connection(moved=0, inode=0))
    assert looking.ledger.unseen == Traffic()


def test_a_connection_that_was_handed_over_is_the_next_one_s_from_then_on() -> None:
    """The one who had it keeps what it was."""
    looking = Looking()
    looking.poll(connection(moved=15))
    looking.owner = SSH
    looking.poll(connection(moved=40))
    assert looking.of(CURL) == cost(15)
    assert looking.of(SSH) == cost(40) - cost(15)


def test_what_waits_to_be_accepted_waits_for_its_owner() -> None:
    """All of it is whose it is in the end."""
    looking = Looking()
    looking.owner = None
    looking.poll(connection(moved=15, inode=0))
    assert looking.ledger.rows == {}
    looking.owner = SSH
    looking.poll(connection(moved=40))
    assert looking.of(SSH) == cost(40)


def test_one_that_never_had_a_process_gets_what_is_known_at_its_end() -> None:
    """Such as its cgroup; or nothing."""
    looking = Looking()
    looking.owner = None
    looking.poll(connection(1, 15, 0), connection(2, 15, 0))
    looking.end(connection(1, 15, 0))
    assert looking.ledger.rows == {}
    looking.late = SSH
    looking.end(connection(2, 20, 0))
    assert looking.of(SSH) == cost(20)


def test_a_closed_connection_is_still_its_last_owner_s() -> None:
    """What is in the buffer goes out without a process."""
    looking = Looking()
    looking.poll(connection(moved=15))
    looking.owner = None
    looking.poll(connection(moved=40, inode=0))
    assert looking.of(CURL) == cost(40)


def test_what_stays_on_the_machine_is_not_counted() -> None:
    """Neither open nor at its end."""
    looking = Looking()
    looking.device = NOWHERE
    looking.poll(connection(1, 15))
    looking.end(connection(1, 20, 0))
    looking.end(connection(2, 20, 0))
    assert looking.ledger.rows == {}
    assert looking.ledger.unseen == Traffic()


def test_a_connection_to_a_port_that_listens_was_accepted() -> None:
    """Its SYN-ACK is added, as long as it lives."""
    looking = Looking()
    looking.poll(connection(1, 15, port=80), connection(2, 0, port=80, state=LISTEN))
    looking.poll(connection(1, 15, port=80))
    assert looking.of(CURL) == connection(moved=15).on_wire(accepted=True)


def test_one_whose_end_was_lost_is_forgotten_in_time() -> None:
    """Else a machine that loses ends would remember them all."""
    looking = Looking()
    looking.poll(connection(moved=15))
    for _ in range(6):
        looking.poll()
    assert looking.ledger.owners() == {CURL}
    looking.poll()
    assert looking.ledger.owners() == set()
    looking.end(connection(moved=20, inode=0))
    assert looking.of(CURL) == cost(15)


def test_a_row_that_was_taken_out_is_born_anew() -> None:
    """So that nobody takes it for the old one."""
    looking = Looking()
    looking.poll(connection(moved=15))
    (key,) = looking.ledger.rows
    taken = looking.ledger.remove([key, SocketKey(SSH, NETNS, DEVICE)])
    assert taken[key].traffic == cost(15)
    looking.poll(connection(moved=20))
    row = looking.ledger.rows[key]
    assert row.traffic == cost(20) - cost(15)
    assert row.born_boottime_ns != taken[key].born_boottime_ns


STEPS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 50), st.sampled_from([CURL, SSH, None]))
)


@given(steps=STEPS, ends=st.booleans())
def test_rows_never_fall_and_never_hold_more_than_there_was(
    *, steps: Sequence[tuple[int, int, Owner | None]], ends: bool
) -> None:
    """Whatever is seen, by whomever it is held."""
    looking = Looking()
    moved = dict.fromkeys(range(4), 0)
    before = Traffic()
    for cookie, more, owner in steps:
        moved[cookie] += more
        looking.owner = owner
        looking.poll(*(connection(each, upto) for each, upto in moved.items()))
        now = total(row.traffic for row in looking.ledger.rows.values())
        assert (now - before) == (now - before).clamped()
        before = now
    for cookie, upto in moved.items() if ends else ():
        looking.late = CURL
        looking.end(connection(cookie, upto, 0))
    found = total(row.traffic for row in looking.ledger.rows.values())
    whole = total(cost(upto) for upto in moved.values())
    assert (whole - found) == (whole - found).clamped()
    if ends and steps:
        assert found == whole
