"""When the kernel's rows and the names of their owners may go."""

from __future__ import annotations

from monitor.clock import SECOND_NS
from monitor.counting.socket_rows import QUIET_NS, SocketRows
from monitor.store.batch import Batch
from monitor.usage import Owner, SocketKey, Traffic
from tests.unit.machine import CURL, NETNS, ROW, Machine

LATER = SocketKey(Owner(51, 61, 1), NETNS, 2)


def test_one_that_ended_after_the_read_keeps_its_name_until_the_next() -> None:
    """Two commits may follow one read: an alert forces one, the tick another."""
    machine, batch = Machine(), Batch()
    rows = SocketRows(machine)
    machine.move(2, Traffic(1014, 0, 1, 0), ROW)
    rows.remember(rows.read(), batch, SECOND_NS)
    machine.move(2, Traffic(1014, 0, 1, 0), LATER)
    machine.ended = {LATER.owner}
    for _ in range(3):
        rows.retire(batch, SECOND_NS)
    assert machine.forgotten == set()
    found = rows.read()
    assert set(rows.usage(found)) == {LATER}
    assert rows.find(LATER.owner).comm == "curl"
    rows.remember(found, batch, 2 * SECOND_NS)


def test_one_that_ended_without_a_row_is_forgotten_after_two_reads() -> None:
    machine, batch = Machine(ended={LATER.owner}), Batch()
    rows = SocketRows(machine)
    for now_ns in (1, 2):
        rows.remember(rows.read(), batch, now_ns)
        rows.retire(batch, now_ns)
    assert machine.forgotten == {LATER.owner}


def test_a_row_goes_when_it_was_quiet_and_its_owner_with_the_next_read() -> None:
    machine, batch = Machine(ended={CURL}), Batch()
    rows = SocketRows(machine)
    machine.move(2, Traffic(1014, 0, 1, 0), ROW)
    rows.remember(rows.read(), batch, 1)
    rows.retire(batch, QUIET_NS)
    assert ROW in machine.rows
    rows.retire(batch, QUIET_NS + 1)
    assert ROW not in machine.rows
    rows.remember(rows.read(), batch, QUIET_NS + 2)
    rows.retire(batch, QUIET_NS + 2)
    assert machine.forgotten == {CURL}
