"""Which plan's network it is: by what is known of it, the strongest first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.plans.matching import (
    ANY_TETHER,
    KINDS,
    NOBODY,
    Line,
    fits,
    overlapping,
    ssid_bytes,
    ssid_text,
)
from monitor.plans.payers import Bindings, Claim, Wide, clashes, network_of, payer
from monitor.plans.terms import Binding, Match
from monitor.plans.values import Name, Second
from monitor.usage import Attachment

if TYPE_CHECKING:
    from typing import Literal

    Kind = Literal["iccid", "uuid", "ssid", "tether"]

UUID = "5f1c7a52-3e0e-4d4b-9c0b-0d5a4f8a7c11"
ICCID = "8992000000000000001"
OTHER = "8986000000000000000"
RAW = b"\xff\x00\x1b[31m"
WWAN = Attachment(f"sim:{ICCID}", "wwan0", billed=True, iccid=ICCID, uuid=UUID)
WIFI = Attachment(
    f"wifi:{UUID}",
    "wlan0",
    billed=True,
    tethered=True,
    uuid=UUID,
    ssid=b"Phone",
    tether="wifi/apple",
)
USB = Attachment("usb:05ac:12a8:x", "usb0", billed=True, tethered=True, tether="usb")
BARE = Attachment("if:eth0", "eth0", billed=True)


def named(kind: Kind, value: str, plan: str = "a") -> Match:
    """What a plan names."""
    return Match(kind, value, Name(plan))


@pytest.mark.parametrize(
    ("kind", "value", "where", "does"),
    [
        ("iccid", ICCID, WWAN, True),
        ("iccid", "8992-0000 0000 0000 001F", WWAN, True),
        ("iccid", f"{ICCID}0", WWAN, False),  # no check digit of it
        ("iccid", OTHER, WWAN, False),
        ("iccid", ICCID, WIFI, False),
        ("iccid", "", replace(WWAN, iccid="no ICCID"), False),
        ("uuid", UUID, WIFI, True),
        ("uuid", UUID.upper(), WIFI, True),
        ("uuid", UUID[:-1], WIFI, False),
        ("uuid", "", BARE, False),
        ("ssid", "Phone", WIFI, True),
        ("ssid", "phone", WIFI, False),
        ("ssid", "Phone ", WIFI, False),
        ("ssid", "hex:50686f6e65", WIFI, True),
        ("ssid", "hex:ff001b5b33316d", replace(WIFI, ssid=RAW), True),
        ("ssid", "hex:" + "00" * 32, replace(WIFI, ssid=bytes(32)), True),
        ("ssid", "hex:" + "00" * 31, replace(WIFI, ssid=bytes(32)), False),
        ("ssid", "", BARE, False),
        ("tether", "true", WIFI, True),
        ("tether", "true", replace(BARE, tethered=True), True),
        ("tether", "true", BARE, False),
        ("tether", "wifi", WIFI, True),
        ("tether", "apple", WIFI, True),
        ("tether", "wifi/apple", WIFI, True),
        ("tether", "usb/apple", WIFI, False),
        ("tether", "app", WIFI, False),
        ("tether", "usb", USB, True),
        ("tether", "bluetooth", USB, False),
        ("tether", "usb", replace(BARE, tethered=True), False),
        ("tether", "", BARE, False),
    ],
)
def test_a_network_is_what_is_named_or_not(
    kind: Kind, value: str, where: Attachment, *, does: bool
) -> None:
    assert fits(named(kind, value), where) is does


def test_with_or_without_the_check_digit_a_profile_is_one() -> None:
    long = "89920000000000000015"  # the digit of Luhn behind ICCID
    assert fits(named("iccid", long), WWAN) or fits(named("iccid", ICCID), WWAN)
    pair = [named("iccid", ICCID, "a"), named("iccid", long, "b")]
    is_one = fits(pair[1], WWAN)
    assert bool(list(overlapping(pair))) is is_one
    assert bool(list(overlapping(pair[::-1]))) is is_one


ALL = replace(WIFI, iccid=ICCID, device="wwan0")
EACH = (
    named("iccid", ICCID, "by-iccid"),
    named("uuid", UUID, "by-uuid"),
    named("ssid", "Phone", "by-ssid"),
    named("tether", "apple", "by-tether"),
)
BIND = Binding("wwan0", Name("by-bind"), Second(100), Second(200))
ORDER = [*(each.plan for each in EACH), "by-bind", "by-pattern"]


def test_the_strongest_decides_whatever_stands_first() -> None:
    for gone in range(len(ORDER) + 1):
        bindings = Bindings(
            (BIND,) if gone < 5 else (),
            (Wide("ww*", "by-pattern"),) if gone < 6 else (),
            tuple(reversed(EACH[gone:])),
        )
        expected = ORDER[gone] if gone < len(ORDER) else None
        assert payer(bindings, ALL, 150) == expected
        at_any_time = expected if gone < len(EACH) else "by-pattern"
        assert gone > 5 or payer(bindings, ALL, 99) == at_any_time


def test_of_two_ways_that_both_fit_the_first_in_the_configuration_pays() -> None:
    pair = (named("tether", "apple", "a"), named("tether", "wifi", "b"))
    assert list(clashes(Bindings(matches=pair))) == []
    assert payer(Bindings(matches=pair), WIFI, 0) == "a"
    assert payer(Bindings(matches=pair[::-1]), WIFI, 0) == "b"


def line(plan: str, *iccids: str, closed: bool = True) -> Line:
    """A plan's own profiles."""
    return Line(plan, iccids, is_closed=closed)


def test_a_plan_pays_for_its_own_profile_and_for_those_that_replaced_it() -> None:
    bindings = Bindings(wides=(Wide("*", "other"),), lines=(line("a", OTHER, ICCID),))
    assert payer(bindings, WWAN, 0) == "a"
    assert payer(bindings, replace(WWAN, iccid=OTHER), 0) == "a"
    assert payer(bindings, BARE, 0) == "other"


def test_a_profile_of_two_plans_is_decided_by_weaker_rules() -> None:
    lines = (line("a", ICCID), line("b", ICCID))
    bindings = Bindings((BIND,), (Wide("*", "a"),), lines=lines)
    later = bindings._replace(binds=(Binding("wwan0", Name("b"), Second(9)),))
    assert payer(bindings, WWAN, 0) == "a"
    assert [payer(later, WWAN, at_s) for at_s in (8, 9)] == ["a", "b"]
    named_by = bindings._replace(matches=(named("uuid", UUID, "b"),))
    assert payer(named_by, WWAN, 0) == "b"


def test_who_names_a_profile_goes_before_whose_it_is() -> None:
    bindings = Bindings(
        matches=(named("iccid", ICCID, "b"),), lines=(line("a", ICCID),)
    )
    assert payer(bindings, WWAN, 0) == "b"


def test_a_plan_for_one_sim_pays_for_no_other_in_the_same_modem() -> None:
    by_uuid = (named("uuid", UUID, "a"),)
    for bindings in (
        Bindings((Binding("wwan0", Name("a")),), lines=(line("a", OTHER),)),
        Bindings(wides=(Wide("*", "a"),), lines=(line("a", OTHER),)),
        Bindings(matches=by_uuid, lines=(line("a", OTHER),)),
    ):
        assert payer(bindings, WWAN, 0) is None
        assert payer(bindings, replace(WWAN, iccid=""), 0) == "a"
        lines = (line("a", OTHER, closed=False),)
        assert payer(bindings._replace(lines=lines), WWAN, 0) == "a"
    assert network_of(Bindings(matches=by_uuid, lines=(line("a", OTHER),)), WWAN) == ""


@pytest.mark.parametrize(
    ("kind", "one", "other", "clash"),
    [
        ("iccid", ICCID, ICCID, True),
        ("iccid", ICCID, f"{ICCID[:4]} {ICCID[4:]}", True),
        ("iccid", ICCID, OTHER, False),
        ("uuid", UUID, UUID.upper(), True),
        ("uuid", UUID, UUID.replace("5", "6"), False),
        ("ssid", "Phone", "Phone", True),
        ("ssid", "Phone", "hex:50686F6E65", True),
        ("ssid", "Phone", "phone", False),
        ("tether", "true", "true", True),
        ("tether", "true", "apple", True),
        ("tether", "usb/apple", "true", True),
        ("tether", "usb", "usb/apple", True),
        ("tether", "apple/usb", "usb", True),
        ("tether", "usb", "usb", True),
        ("tether", "usb", "apple", False),
        ("tether", "usb/apple", "wifi/apple", False),
    ],
)
def test_equal_and_overlapping_is_a_clash_of_two_plans(
    kind: Kind, one: str, other: str, *, clash: bool
) -> None:
    matches = (named(kind, one, "a"), named(kind, other, "b"))
    found = list(clashes(Bindings(matches=matches)))
    assert bool(found) is clash
    back = list(clashes(Bindings(matches=matches[::-1])))
    assert bool(back) is clash
    if clash:
        assert found[0] == ("b", "a", other, None, kind, one)
    of_one = [replace_plan(each) for each in matches]
    assert list(clashes(Bindings(matches=tuple(of_one)))) == []


def replace_plan(match: Match) -> Match:
    """The same, all of one plan."""
    return named(match.kind, match.value, "a")


def test_another_kind_is_no_clash() -> None:
    assert list(overlapping(EACH)) == []


def test_ten_thousand_names_are_compared_in_no_time() -> None:
    matches = [named("tether", f"a{n}/b{n}", f"p{n}") for n in range(10_000)]
    assert list(overlapping(matches)) == []
    assert len(list(overlapping([*matches, named("tether", "true")]))) == 1


def test_a_claim_says_of_a_network_all_of_it_none_or_ask_the_interface() -> None:
    bindings = Bindings((BIND,), (), EACH)
    claim = Claim(bindings, "by-bind", {"wwan0"})
    assert claim.on(Attachment("if:wwan0", "wwan0", billed=True)) is False
    assert claim.on(BARE) is None
    assert claim.on(ALL) is None
    assert Claim(bindings, "by-iccid", ()).on(ALL) is True
    assert claim.on(ALL) is None  # remembered
    for number in range(2000):
        assert claim.on(replace(BARE, network=f"n{number}")) is None
    assert claim.on(ALL) is None


WHERES = st.builds(
    Attachment,
    st.just("n"),
    st.sampled_from(["wwan0", "usb0"]),
    billed=st.booleans(),
    tethered=st.booleans(),
    iccid=st.sampled_from(["", ICCID, OTHER, "x"]),
    uuid=st.sampled_from(["", UUID, "\x1b]0;"]),
    ssid=st.sampled_from([b"", b"Phone", RAW, bytes(32)]),
    tether=st.sampled_from(["", "usb", "usb/apple", "/", "wifi/\x00"]),
)
MATCHES = st.lists(
    st.builds(
        Match,
        st.sampled_from(KINDS),
        st.sampled_from([ICCID, UUID, "Phone", ANY_TETHER, "usb", "usb/apple"]),
        st.sampled_from([Name("a"), Name("b"), Name("c")]),
    ),
    max_size=6,
)


@given(MATCHES, WHERES)
def test_without_clashes_at_most_one_plan_names_a_network_of_a_kind(
    matches: list[Match], where: Attachment
) -> None:
    if list(overlapping(matches)):
        return
    for kind in KINDS[:-1]:
        of_kind = (each for each in matches if each.kind == kind)
        assert len({each.plan for each in of_kind if fits(each, where)}) < 2


@given(MATCHES, WHERES, st.integers(0, 30))
def test_the_claims_of_all_plans_agree_with_the_payer(
    matches: list[Match], where: Attachment, at_s: int
) -> None:
    bindings = Bindings(
        (Binding("usb0", Name("b"), Second(10), Second(20)),),
        (Wide("*0", "c"),),
        tuple(matches),
        (line("a", ICCID), line("c", OTHER)),
    )
    plan = payer(bindings, where, at_s)
    sure = [p for p in "abc" if Claim(bindings, p, {"wwan0", "usb0"}).on(where)]
    network = network_of(bindings, where)
    assert sure == ([network] if network else [])
    if network is not None:
        assert plan == (None if network == NOBODY else network)


@given(st.binary(min_size=1, max_size=32))
def test_every_ssid_can_be_written_and_read(ssid: bytes) -> None:
    text = ssid_text(ssid)
    assert ssid_bytes(text) == ssid
    assert text.isprintable()


def test_text_that_begins_like_bytes_is_written_as_bytes() -> None:
    assert ssid_text(b"hex:ff") == "hex:6865783a6666"
    assert ssid_text("Café".encode()) == "Café"
    with pytest.raises(ValueError, match="hex"):
        ssid_bytes("hex:zz")
