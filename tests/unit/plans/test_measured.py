"""The bill of a span divided among those whom a plan may tell apart."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from monitor.plans.measured import (
    EVERYTHING,
    NOTHING,
    Telling,
    Whose,
    owners_of,
    parts_of,
)
from monitor.usage import Application, Share

VPN = Application("vpn", "unit")
FIREFOX = Application("firefox", "desktop")
APT = Application("apt", "executable")
SHARES = {
    1: Share(FIREFOX, uid=1000),
    2: Share(APT, uid=0),
    3: Share(None, kind="kernel"),
    4: Share(FIREFOX, kind="forwarded", via="docker0"),
    5: Share(FIREFOX, kind="tunnel", uid=1000, via="tun0"),
    6: Share(VPN, kind="tunnel_overhead", via="tun0"),
    7: Share(APT, kind="tunnel", via="wg0"),
}
OWNERS = owners_of(SHARES, EVERYTHING, tethered=False)
AMOUNTS = st.integers(-1000, 10_000)
FOUND = st.lists(
    st.tuples(st.sampled_from(sorted(SHARES)), AMOUNTS, AMOUNTS), max_size=9
)


@given(bill=st.tuples(st.integers(0, 30_000), st.integers(0, 30_000)), found=FOUND)
def test_parts_add_up_to_the_bill_and_none_is_negative(
    bill: tuple[int, int], found: list[tuple[int, int, int]]
) -> None:
    parts = parts_of(bill, found, OWNERS)
    assert (sum(rx for _, rx, _ in parts), sum(tx for _, _, tx in parts)) == bill
    assert all(rx >= 0 and tx >= 0 and rx + tx for _, rx, tx in parts)
    assert [who for who, _, _ in parts] == sorted({who for who, _, _ in parts})


@given(found=FOUND, bill=st.tuples(AMOUNTS, AMOUNTS))
def test_the_order_of_the_explanation_does_not_matter(
    found: list[tuple[int, int, int]], bill: tuple[int, int]
) -> None:
    once = list({key: (key, rx, tx) for key, rx, tx in found}.values())
    assert parts_of(bill, once, OWNERS) == parts_of(bill, once[::-1], OWNERS)


def test_what_nobody_claims_is_no_applications() -> None:
    parts = parts_of((100, 50), [(1, 70, 20), (3, 10, 0)], OWNERS)
    assert parts == [(Whose(), 30, 30), (Whose("firefox"), 70, 20)]


def test_what_is_claimed_beyond_the_bill_is_taken_from_the_largest_part() -> None:
    parts = parts_of((100, 0), [(1, 70, 0), (2, 40, 0)], OWNERS)
    assert parts == [(Whose("apt"), 40, 0), (Whose("firefox"), 60, 0)]


def test_a_negative_part_is_none_and_the_others_pay_for_it() -> None:
    parts = parts_of((100, 0), [(1, -30, 0), (2, 130, 0)], OWNERS)
    assert parts == [(Whose("apt"), 100, 0)]


def test_what_is_forwarded_is_tethered_and_on_a_tether_all_is() -> None:
    found = [(1, 10, 0), (4, 20, 0)]
    assert parts_of((30, 0), found, OWNERS) == [
        (Whose("firefox"), 10, 0),
        (Whose("firefox", tethered=True), 20, 0),
    ]
    on_a_phone = owners_of(SHARES, EVERYTHING, tethered=True)
    assert parts_of((35, 0), found, on_a_phone) == [
        (Whose(tethered=True), 5, 0),
        (Whose("firefox", tethered=True), 30, 0),
    ]


def test_members_are_told_apart_by_their_login() -> None:
    family = owners_of(SHARES, Telling(members={1000: "amina"}), tethered=False)
    assert parts_of((30, 0), [(1, 10, 0), (2, 20, 0)], family) == [
        (Whose("apt"), 20, 0),
        (Whose("firefox", "amina"), 10, 0),
    ]


def test_the_carrier_sees_the_vpn_program_and_not_who_is_inside() -> None:
    found = [(5, 60, 0), (6, 10, 0), (7, 5, 0)]
    assert parts_of((75, 0), found, OWNERS) == [
        (Whose(), 5, 0),
        (Whose("vpn"), 70, 0),
    ]
    inside = owners_of(SHARES, Telling(inner=True), tethered=False)
    assert parts_of((75, 0), found, inside) == [
        (Whose("apt"), 5, 0),
        (Whose("firefox"), 60, 0),
        (Whose("vpn"), 10, 0),
    ]


def test_what_a_plan_has_not_to_tell_apart_is_nobodys() -> None:
    found = [(1, 10, 0), (2, 20, 0), (4, 5, 0)]
    only_apt = owners_of(SHARES, Telling(apps=("ap*",), tethered=False), tethered=False)
    assert parts_of((40, 0), found, only_apt) == [
        (Whose(), 20, 0),
        (Whose("apt"), 20, 0),
    ]
    nothing = owners_of(SHARES, NOTHING, tethered=False)
    assert parts_of((40, 0), found, nothing) == [(Whose(), 40, 0)]
    assert nothing.told == []
    assert not NOTHING


@given(found=FOUND, bill=st.tuples(AMOUNTS, AMOUNTS))
def test_parts_that_are_not_told_apart_need_not_be_read(
    found: list[tuple[int, int, int]], bill: tuple[int, int]
) -> None:
    fitting = [(key, abs(rx), abs(tx)) for key, rx, tx in found]
    whole = (
        abs(bill[0]) + sum(rx for _, rx, _ in fitting),
        abs(bill[1]) + sum(tx for _, _, tx in fitting),
    )
    owners = owners_of(SHARES, Telling(apps=("apt", "vpn")), tethered=False)
    read = [part for part in fitting if part[0] in owners.told]
    assert parts_of(whole, read, owners) == parts_of(whole, fitting, owners)
