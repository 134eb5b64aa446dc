"""Who pays for an interface, and when that changes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from monitor.plans.payers import Bindings, Clash, Wide, clashes, payer, turns
from monitor.plans.terms import Binding
from monitor.plans.values import Name, Second
from monitor.usage import Attachment

WWAN = Attachment("if:wwan0", "wwan0", billed=True)
USB = Attachment("if:usb0", "usb0", billed=True)


def _bind(
    plan: str, from_s: int | None, to_s: int | None, iface: str = "wwan0"
) -> Binding:
    ends = [None if each is None else Second(each) for each in (from_s, to_s)]
    return Binding(iface, Name(plan), *ends)


def test_an_instant_at_the_turn_belongs_to_what_begins_there() -> None:
    bindings = Bindings((_bind("cn", None, 100), _bind("pk", 100, 200)))
    found = [payer(bindings, WWAN, at_s) for at_s in (0, 99, 100, 199, 200)]
    assert found == ["cn", "cn", "pk", "pk", None]
    assert turns(bindings) == [100, 200]


def test_a_binding_goes_before_a_pattern_and_the_first_pattern_before_others() -> None:
    bindings = Bindings(
        (_bind("pk", 100, 200),), (Wide("wwan*", "cn"), Wide("*", "all"))
    )
    assert [payer(bindings, WWAN, at_s) for at_s in (99, 100, 200)] == [
        *("cn", "pk", "cn"),
    ]
    assert payer(bindings, USB, 0) == "all"
    assert payer(Bindings(), USB, 0) is None


def test_an_interface_is_meant_literally_in_a_binding() -> None:
    assert payer(Bindings((_bind("a", None, None, "wwan*"),)), WWAN, 0) is None


def test_equal_patterns_and_overlapping_bindings_are_clashes() -> None:
    one, two = _bind("a", 0, 100), _bind("b", 99, None)
    bindings = Bindings((one, two), (Wide("w*", "a"), Wide("w*", "b")))
    assert list(clashes(bindings)) == [
        Clash("b", "a", "wwan0", two),
        Clash("b", "a", "w*"),
    ]


def test_a_long_binding_before_a_short_one_is_not_forgotten() -> None:
    binds = (_bind("a", 0, 1000), _bind("b", 1, 2), _bind("c", 500, 600))
    assert [clash.plan for clash in clashes(Bindings(binds))] == ["b", "c"]


_ENDS = st.one_of(st.none(), st.integers(0, 20))


@given(st.lists(st.tuples(_ENDS, _ENDS), max_size=5))
def test_without_clashes_at_most_one_binding_holds_at_a_time(
    times: list[tuple[int | None, int | None]],
) -> None:
    binds = tuple(
        _bind(f"p{number}", from_s, to_s)
        for number, (from_s, to_s) in enumerate(times)
        if from_s is None or to_s is None or from_s < to_s
    )
    holding = [
        sum(payer(Bindings((bind,)), WWAN, at_s) is not None for bind in binds)
        for at_s in range(-1, 22)
    ]
    assert (max(holding) > 1) == bool(list(clashes(Bindings(binds))))
