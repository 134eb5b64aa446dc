"""Findings about interfaces and message buses."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from monitor.checks import desktop, networks
from monitor.checks.desktop import NOTIFICATIONS, Bus, Desktop
from monitor.checks.networks import Networks
from monitor.checks.remedies import INSTALLERS, Remedies
from monitor.devices import Link
from monitor.networks.attaching import ARPHRD_ETHER, ARPHRD_LOOPBACK, InterfaceRules
from tests.unit.checks.reading import USER, levels, only

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.checks.findings import Finding


LO = Link(1, "lo", ARPHRD_LOOPBACK, "", 65536)
USB = Link(2, "usb0", ARPHRD_ETHER, "", 1500)
DOCKER = Link(3, "docker0", ARPHRD_ETHER, "bridge", 1500)
VLAN = Link(4, "vlan5", ARPHRD_ETHER, "vlan", 1500, lower=2)


def of_networks(
    *links: Link,
    busy: Iterable[int] = (),
    routes: Iterable[str] = ("usb0",),
    exclude: tuple[str, ...] = (),
) -> list[Finding]:
    facts = Networks(
        links={link.ifindex: link for link in (LO, *links)},
        busy=frozenset(busy),
        default_routes=frozenset(routes),
    )
    return list(networks.judge(facts, InterfaceRules(exclude=exclude)))


def test_what_is_inside_another_interface_is_said_to_be_counted_once() -> None:
    found = of_networks(USB, DOCKER, busy=[2, 3])
    assert only(found, "interfaces").text == "Billed: usb0."
    inside = only(found, "inside")
    assert inside.text == "docker0 is inside usb0: counted once, on usb0."
    assert inside.level == "note"


def test_several_inside_the_same_are_one_finding_and_idle_ones_none() -> None:
    found = of_networks(USB, VLAN, DOCKER, busy=[3])
    assert only(found, "inside").text == (
        "docker0, vlan5 are inside usb0: counted once, on usb0."
    )
    found = of_networks(USB, DOCKER)
    assert "inside" not in {each.id for each in found}


def test_a_default_route_through_what_is_not_billed_is_noted() -> None:
    tunnel = Link(5, "tun0", 65534, "tun", 1500)
    found = only(of_networks(USB, tunnel, routes=["tun0"]), "default-route")
    assert found.level == "note"
    assert "tun0 is not billed" in found.text


def test_no_interface_no_route_and_no_answer_are_findings() -> None:
    assert levels(of_networks(USB, routes=[], exclude=("*",))) == {
        "interfaces": "warn",
        "default-route": "note",
    }
    failed = Networks(
        links={}, busy=frozenset(), default_routes=frozenset(), failure="No."
    )
    assert levels(networks.judge(failed, InterfaceRules())) == {"interfaces": "error"}


MANAGER = frozenset({"org.freedesktop.NetworkManager"})
SYSTEM_BUS = Bus("unix:path=/run/dbus/system_bus_socket")
SESSION_BUS = Bus("unix:path=/run/user/1000/bus", owned=frozenset({NOTIFICATIONS}))


@pytest.mark.parametrize(
    ("changes", "expected", "remedy"),
    [
        ({}, {}, ""),
        ({"system": Bus("unix:x", failure="no")}, {"system-bus": "note"}, ""),
        (
            {"system": Bus("unix:x", owned=MANAGER, silent=MANAGER)},
            {"network-manager": "warn"},
            "sudo systemctl restart NetworkManager",
        ),
        ({"session": Bus()}, {"session-bus": "note"}, ""),
        ({"session": Bus("unix:x", failure="no")}, {"session-bus": "warn"}, ""),
        (
            {"session": Bus("unix:x", activatable=frozenset({NOTIFICATIONS}))},
            {},
            "",
        ),
        (
            {"session": Bus("unix:x")},
            {"notifications": "warn"},
            "sudo apt-get install -y dunst",
        ),
        (
            {"has_backend": False},
            {"notify-send": "note"},
            "sudo apt-get install -y libnotify-bin",
        ),
        ({"session": Bus(), "behind_sudo": "amina"}, {}, ""),
    ],
)
def test_who_is_reached_by_dbus(
    changes: dict[str, Any], expected: dict[str, str], remedy: str
) -> None:
    usual = Desktop(system=SYSTEM_BUS, session=SESSION_BUS)
    found = list(desktop.judge(replace(usual, **changes), USER))
    assert levels(found) == expected
    assert {each.remedy for each in found} - {""} == ({remedy} - {""})


def test_every_package_manager_knows_all_packages() -> None:
    for name in INSTALLERS:
        remedies = Remedies(installer=name)
        for what in ("libbpf", "notify-send", "notifications"):
            assert remedies.install(what).startswith("sudo ")
    assert Remedies(installer="").install("libbpf") == ""
