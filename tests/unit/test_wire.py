"""How a driver counts is learned from equal packets, and taken off to the byte."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.usage import Traffic
from monitor.wire import (
    LEAST_PACKETS,
    Calibration,
    Framing,
    Hop,
    Passed,
    Reading,
    Way,
    Wire,
    assumed,
    calibrate,
    l3,
    usage,
)

PLAIN = Way(150_000, 100, 100, 150_000, 0, 0, 0)
# Ten super-packets of ten segments, 52 bytes of headers each.
WHOLE = Way(150_000, 100, 10, 150_000 - 90 * 52, 0, 0, 0)
UNKNOWN = assumed(is_ethernet=True)


def both(way: Way) -> Wire:
    """The same in both directions."""
    return Wire(way, way)


def counter(number_bytes: int, packets: int) -> Traffic:
    """The same in both directions."""
    return Traffic(number_bytes, number_bytes, packets, packets)


def learned(number_bytes: int, packets: int, way: Way) -> Framing:
    """What is learned of a driver that counted this."""
    found = calibrate(UNKNOWN, counter(number_bytes, packets), both(way))
    assert found.rx == found.tx
    return found.rx


@pytest.mark.parametrize("header_bytes", [0, 14, 18, 64])
def test_the_header_is_what_all_packets_have_more(header_bytes: int) -> None:
    found = learned(150_000 + 100 * header_bytes, 100, PLAIN)
    assert found == Framing(header_bytes, None, is_measured=True)


def test_super_packets_may_be_counted_whole_or_one_by_one() -> None:
    whole = learned(WHOLE.skb_bytes + 10 * 14, 10, WHOLE)
    assert whole == UNKNOWN.rx  # ten packets are too few to tell
    many = both(WHOLE)
    for _ in range(9):
        many = many.plus(both(WHOLE))
    one_by_one = calibrate(UNKNOWN, counter(1_500_000 + 1000 * 14, 1000), many)
    assert one_by_one.rx == Framing(14, counts_whole=False, is_measured=True)
    as_wholes = calibrate(UNKNOWN, counter(10 * WHOLE.skb_bytes + 1400, 100), many)
    assert as_wholes.rx == Framing(14, counts_whole=True, is_measured=True)


@pytest.mark.parametrize(
    ("number_bytes", "packets"),
    [
        (150_000 + 99 * 14, 99),  # the last packet was counted after the reading
        (150_001 + 1400, 100),  # one byte cannot be shared by a hundred
        (150_000 + 6500, 100),  # no link layer has 65 bytes
        (149_900, 100),  # fewer bytes than IP
    ],
)
def test_what_does_not_fit_teaches_nothing(number_bytes: int, packets: int) -> None:
    assert learned(number_bytes, packets, PLAIN) == UNKNOWN.rx


def test_padding_and_arp_are_no_header() -> None:
    way = PLAIN._replace(extra_bytes=46)
    assert learned(150_000 + 46 + 1400, 100, way) == Framing(14, None, is_measured=True)


def test_without_super_packets_it_stays_known_how_they_are_counted() -> None:
    known = Calibration(
        Framing(14, counts_whole=True, is_measured=True), Framing(14, is_measured=True)
    )
    found = calibrate(known, counter(150_000, 100), both(PLAIN))
    assert found.rx == Framing(0, counts_whole=True, is_measured=True)


def test_ip_bytes_are_the_wires_however_the_driver_counts() -> None:
    whole = Framing(14, counts_whole=True, is_measured=True)
    found = l3(
        counter(WHOLE.skb_bytes + 140, 10), both(WHOLE), Calibration(whole, whole)
    )
    assert found == counter(150_000, 100)
    single = Framing(14, counts_whole=False, is_measured=True)
    found = l3(counter(151_400, 100), both(WHOLE), Calibration(single, single))
    assert found == counter(150_000, 100)


def test_without_a_look_at_the_wire_the_header_is_taken_off() -> None:
    assert l3(Traffic(1514, 66, 1, 1), Wire(), UNKNOWN) == Traffic(1500, 52, 1, 1)
    raw = assumed(is_ethernet=False)
    assert l3(Traffic(1514, 66, 1, 1), Wire(), raw) == Traffic(1514, 66, 1, 1)


def test_exact_means_measured_and_no_question_left_open() -> None:
    open_question = Framing(14, None, is_measured=True)
    assert not UNKNOWN.rx.is_exact(PLAIN)
    assert open_question.is_exact(PLAIN)
    assert not open_question.is_exact(WHOLE)
    assert not open_question.is_exact(None)
    assert Framing(14, counts_whole=True, is_measured=True).is_exact(WHOLE)
    assert not Framing(14, counts_whole=True, is_measured=True).is_exact(None)
    assert Framing(14, counts_whole=False, is_measured=True).is_exact(None)


def test_a_hop_that_is_new_counts_from_zero_and_a_quiet_one_is_left_out() -> None:
    before = Reading({2: both(PLAIN)}, {Hop(2, 3): Passed(500, 5)})
    now = Reading(
        {2: both(PLAIN.plus(PLAIN)), 4: both(PLAIN)},
        {Hop(2, 3): Passed(500, 5), Hop(3, 2): Passed(70, 1)},
    )
    moved = usage(before, now)
    assert moved.wires == {2: both(PLAIN), 4: both(PLAIN)}
    assert moved.hops == {Hop(3, 2): Passed(70, 1)}


@given(
    header_bytes=st.integers(0, 64),
    counts_whole=st.booleans(),
    packets=st.lists(
        st.tuples(st.integers(1, 40), st.integers(40, 1500)),
        min_size=LEAST_PACKETS,
        max_size=LEAST_PACKETS + 50,
    ),
    extra_bytes=st.integers(0, 5000),
)
def test_whatever_a_driver_does_it_is_learned_and_undone(
    *,
    header_bytes: int,
    counts_whole: bool,
    packets: list[tuple[int, int]],
    extra_bytes: int,
) -> None:
    """Super-packets of some segments, each segment with 40 bytes of headers."""
    segments = sum(number for number, _ in packets)
    ip_bytes = sum(number * size for number, size in packets)
    skb_bytes = ip_bytes - 40 * (segments - len(packets))
    way = Way(ip_bytes, segments, len(packets), skb_bytes, extra_bytes, 0, 0)
    counted = len(packets) if counts_whole else segments
    number_bytes = (skb_bytes if counts_whole else ip_bytes) + extra_bytes
    seen = counter(number_bytes + counted * header_bytes, counted)
    found = calibrate(UNKNOWN, seen, both(way))
    assert found.is_exact(both(way))
    assert l3(seen, both(way), found) == counter(ip_bytes, segments)
