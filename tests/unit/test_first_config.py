"""A first configuration: which networks are guessed, and what is written."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from monitor.accounts.planfacts import quota_bytes
from monitor.config import (
    Answers,
    candidates,
    first_config,
    not_counted,
    parse_config,
)
from monitor.config.contracts import plans_of
from monitor.config.first import plan_id_of
from monitor.devices import Link
from monitor.plans.account import replay
from monitor.plans.entries import Sync
from monitor.plans.status import status
from monitor.plans.timing import Month

UTC_ZONE = ZoneInfo("UTC")
ETHER, LOOPBACK, RAWIP, PPP = 1, 772, 519, 512


def _links(*devices: tuple[str, int, str]) -> dict[int, Link]:
    named = enumerate(devices, start=1)
    return {
        index: Link(index, name, arphrd, kind, 1500)
        for index, (name, arphrd, kind) in named
    }


LAPTOP = _links(
    ("lo", LOOPBACK, ""),
    ("docker0", ETHER, "bridge"),
    ("eth0", ETHER, ""),
    ("wlp3s0", ETHER, ""),
    ("wg0", 65534, "wireguard"),
)


def _guesses(links: dict[int, Link], *routes: str) -> list[tuple[str, str]]:
    found = candidates(links, frozenset(routes))
    return [(candidate.name, candidate.pattern) for candidate in found]


@pytest.mark.parametrize(
    ("device", "pattern"),
    [
        (("wwan0", RAWIP, ""), "wwan*"),
        (("wwp0s20f0u6", ETHER, ""), "ww*"),
        (("ppp0", PPP, ""), "ppp*"),
        (("rmnet0", RAWIP, ""), "rmnet0"),
        (("usb0", ETHER, ""), "usb*"),
        (("enx001122334455", ETHER, ""), "enx001122334455"),
    ],
)
def test_a_modem_or_a_tether_is_likelier_than_the_default_route(
    device: tuple[str, int, str], pattern: str
) -> None:
    links = LAPTOP | {9: Link(9, device[0], device[1], device[2], 1500)}
    assert _guesses(links, "wlp3s0")[0] == (device[0], pattern)
    assert _guesses(links)[0] == (device[0], pattern)


def test_else_the_default_route_comes_first_and_nothing_virtual_is_offered() -> None:
    assert _guesses(LAPTOP, "eth0") == [("eth0", "eth0"), ("wlp3s0", "wlp3s0")]
    assert _guesses(LAPTOP, "wlp3s0") == [("wlp3s0", "wlp3s0"), ("eth0", "eth0")]
    found = candidates(LAPTOP, frozenset({"wlp3s0"}))
    assert [candidate.about for candidate in found] == [
        "Wi-Fi, has the default route",
        "wired",
    ]


def test_a_virtual_device_with_the_default_route_is_offered() -> None:
    found = candidates(LAPTOP, frozenset({"wg0"}))
    assert [each.name for each in found] == ["wg0", "wlp3s0", "eth0"]
    assert found[0].about == "virtual, has the default route"


def test_what_is_not_counted_by_itself_is_asked_for() -> None:
    patterns = ("wg*", "eth0", "nosuch*", "dock*", "lo")
    assert not_counted(patterns, LAPTOP, frozenset({"eth0"})) == ("wg*", "dock*")
    alone = {index: link for index, link in LAPTOP.items() if link.name == "wg0"}
    assert not_counted(patterns, alone, frozenset({"wg0"})) == ()


def test_without_any_device_nothing_is_guessed() -> None:
    assert _guesses({}) == []


@pytest.mark.parametrize(
    ("interface", "name"),
    [("wwan*", "wwan"), ("WWP0s20", "wwp"), ("[0-9]*", "plan"), ("usb0", "usb")],
)
def test_the_plan_is_called_like_its_network(interface: str, name: str) -> None:
    assert plan_id_of(interface) == name


def test_a_monthly_plan_is_written_as_it_is_read() -> None:
    answers = Answers(
        plan_id="wwan",
        interfaces=("wwan*", "usb0"),
        unbilled=("usb0",),
        quota="10 GB",
        billing_day=31,
        tz="Asia/Karachi",
        left="2.2 GB",
        as_of="2026-11-20T10:00:00+05:00",
    )
    config = parse_config(first_config(answers), "first")
    assert config.interfaces.metered == ("wwan*", "usb0")
    assert config.interfaces.include == ("usb0",)
    (found,) = plans_of(config.plans, UTC_ZONE)
    assert (found.plan.id, quota_bytes(found.plan)) == ("wwan", 10**10)
    assert found.plan.cycle == Month(billing_day=31)
    assert str(found.plan.tz) == "Asia/Karachi"
    (said,) = found.entries
    assert isinstance(said, Sync)
    assert (said.at_s, said.remaining_bytes) == (1_795_150_800, 2_200_000_000)


@pytest.mark.parametrize(
    ("network", "costs"),
    [
        (("iccid", "8992000000000000001"), True),
        (("uuid", "5f1c7a52-3e0e-4d4b-9c0b-0d5a4f8a7c11"), True),
        (("tether", "usb/apple"), False),
    ],
)
def test_a_network_is_written_in_place_of_its_interface(
    network: tuple[str, str], *, costs: bool
) -> None:
    answers = Answers(
        plan_id="pk",
        interfaces=("usb0",),
        unbilled=("usb0",),
        network=network,
        quota="1 GB",
    )
    config = parse_config(first_config(answers), "first")
    (plan,) = config.plans
    kind, value = network
    assert (getattr(plan.match, kind), plan.match.interface) == ((value,), None)
    assert config.networks.metered == ((value,) if costs else ())
    assert config.interfaces.metered == (() if costs else ("usb0",))
    assert config.interfaces.include == ("usb0",)


def test_a_plan_of_some_days_is_written_as_it_is_read() -> None:
    answers = Answers(
        plan_id="pk",
        interfaces=("usb0",),
        quota="unlimited",
        days=7,
        starts_on="2026-11-20",
    )
    text = first_config(answers)
    assert "include" not in text
    assert "remaining" not in text
    (found,) = plans_of(parse_config(text, "first").plans, UTC_ZONE)
    start_s = 1_795_132_800
    now = status(replay(found.plan, (), (), None, (), start_s), start_s)
    assert now.limit_bytes is None
    assert (now.validity_start, now.validity_end) == (start_s, start_s + 7 * 86_400)
