"""The number that this namespace has for others, parsed; and of this machine."""

from __future__ import annotations

import contextlib
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.collectors import netns
from monitor.errors import SourceError
from monitor.usage import Owner, Process


def answer(kind: int, *numbers: tuple[int, int]) -> bytes:
    """A message of the kernel."""
    body = bytes(4) + b"".join(struct.pack("=HHi", 8, *number) for number in numbers)
    return struct.pack("=IHHII", 16 + len(body), kind, 0, 1, 0) + body


def test_the_number_is_the_attribute_of_that_name() -> None:
    assert netns.parse(answer(88, (5, 9), (1, 3))) == 3


def test_a_namespace_that_no_device_leads_to_has_no_number() -> None:
    assert netns.parse(answer(88, (1, -1))) is None
    assert netns.parse(answer(88)) is None


def test_a_process_that_has_ended_has_no_namespace() -> None:
    """The kernel answers with an error."""
    assert netns.parse(struct.pack("=IHHIIi", 20, 2, 0, 1, 0, -3)) is None


@pytest.mark.parametrize(
    "cut", [b"", bytes(15), answer(88, (5, 1))[:-8] + struct.pack("=HHi", 2, 5, 0)]
)
def test_an_answer_that_makes_no_sense_is_an_error(cut: bytes) -> None:
    with pytest.raises(SourceError):
        netns.parse(cut)


@given(st.binary(max_size=100))
def test_any_bytes_give_a_number_or_a_source_error(message: bytes) -> None:
    for raw in (message, answer(88) + message):
        with contextlib.suppress(SourceError):
            netns.parse(raw)


def test_nobody_is_asked_for_where_all_have_ended() -> None:
    ended = Process(Owner(5, 2**22 + 1, 1), "x", "/x", (), 0, 1, "/no/such/cgroup")
    assert netns.collect(1, [ended], ended.cgroup) is None
    assert netns.collect(1, [], "/") is None


def test_our_own_namespace_has_no_number() -> None:
    """No virtual pair can lead from it to itself."""
    own = Path("/proc/self/ns/net").stat().st_ino
    me = Path("/proc/self/cgroup").read_text(encoding="ascii").rpartition(":")[2]
    assert netns.collect(own, [], me.strip()) is None
