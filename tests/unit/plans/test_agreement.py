"""A plan with all that belongs to it: written, read back, and who pays when."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from monitor.accounts.agreements import configured
from monitor.config import parse_config
from monitor.plans.agreement import (
    Agreement,
    AgreementError,
    agreement_of,
    all_bindings,
    bindings_of,
)
from monitor.plans.matching import Line
from monitor.plans.payers import Bindings
from monitor.plans.terms import Binding, Plan
from monitor.plans.values import Name, Second
from monitor.plans.writing import canonical

FULL = """
[[plan]]
id = "pk"
quota = "5 GB"
valid = "7 days"
starts_on = "2025-06-10T11:00"
tz = "Asia/Karachi"
countries = ["PK"]
remaining = "4 GB"
as_of = "2025-06-11T10:00:00Z"
price = "3.50"
block = "1 GB"
after = "bill"
reset_time = "03:30"
[[plan.bind]]
interface = "wwan0"
from = "2025-06-10T11:00"
[[plan.member]]
id = "amina"
allocation_bytes = "1 GB"

[[plan]]
id = "cn"
quota = "20 GB"
every = "month"
billing_day = 31
match.interface = ["wwan*", "usb0"]
"""


def plans(text: str = FULL) -> tuple[Agreement, ...]:
    """The plans of a configuration."""
    return configured(parse_config(text, "test.toml"), ZoneInfo("Asia/Shanghai"))


def test_an_agreement_is_read_back_as_it_was_written() -> None:
    for each in plans():
        assert agreement_of(canonical(each)) == each
        assert canonical(agreement_of(canonical(each))) == canonical(each)


def test_what_the_version_before_wrote_is_read_and_is_still_the_same_text() -> None:
    body = (
        '{"binds":[{"iface":"wwan0","plan":"a"}],"patterns":["wwan*"],'
        '"plan":{"id":"a","tz":"UTC"}}'
    )
    found = agreement_of(body)
    assert (found.matches, found.patterns) == ((), ("wwan*",))
    assert "matches" not in canonical(found)


def test_networks_are_part_of_an_agreement() -> None:
    text = f"""{FULL}match.ssid = "hex:ff00"
match.tether = true
iccid = "8986000000000000000"
"""
    _, found = plans(text)
    assert agreement_of(canonical(found)) == found
    assert [(each.kind, each.value) for each in found.matches] == [
        ("ssid", "hex:ff00"),
        ("tether", "true"),
    ]
    bindings = all_bindings([found], {"cn": ["8986000000000000001"]})
    iccids = ("8986000000000000000", "8986000000000000001")
    assert bindings.lines == (Line("cn", iccids, is_closed=True),)
    assert all_bindings(plans()).lines == ()
    replaced = all_bindings(plans(), {"cn": iccids})
    assert replaced.lines == (Line("cn", iccids, is_closed=False),)


@pytest.mark.parametrize(
    "body", ["", "[]", "{}", '{"plan": {"id": "x", "y": 1}}', "[" * 9999]
)
def test_what_is_no_agreement_is_said(body: str) -> None:
    with pytest.raises(AgreementError):
        agreement_of(body)


def test_a_binding_for_a_time_goes_before_patterns_and_leaves_them_the_rest() -> None:
    bindings = all_bindings(plans())
    turn = Second(1_749_535_200)  # 2025-06-10T06:00:00Z
    assert bindings_of("pk", bindings, ["wwan0", "usb0"]) == (
        Binding("wwan0", Name("pk"), turn, None),
    )
    assert bindings_of("cn", bindings, ["wwan0", "usb0", "eth0"]) == (
        Binding("usb0", Name("cn"), None, None),
        Binding("wwan0", Name("cn"), None, turn),
    )


def test_of_two_patterns_the_first_of_the_configuration_pays() -> None:
    wide, narrow = (
        Agreement(plan=Plan(id=Name(name)), position=position, patterns=(pattern,))
        for name, position, pattern in (("a", 1, "wwan*"), ("b", 0, "wwan0"))
    )
    bindings = all_bindings([wide, narrow])
    assert [bind.iface for bind in bindings_of("a", bindings, ["wwan0", "wwan1"])] == [
        "wwan1"
    ]


def test_bindings_that_touch_are_one() -> None:
    first, later = Second(1000), Second(2000)
    name = Name("a")
    binds = (Binding("wwan0", name, first, later), Binding("wwan0", name, later, None))
    bindings = all_bindings([Agreement(plan=Plan(id=name), binds=binds)])
    assert bindings_of("a", bindings, ["wwan0"]) == (
        Binding("wwan0", name, first, None),
    )


def test_a_binding_without_beginning_or_end_is_found_at_all_times() -> None:
    bind = Binding("usb0", Name("pk"), None, None)
    assert bindings_of("pk", Bindings((bind,)), ["usb0"]) == (bind,)
    until = Binding("usb0", Name("pk"), None, Second(100))
    assert bindings_of("pk", Bindings((until,)), ["usb0"]) == (until,)
