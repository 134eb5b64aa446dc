"""The real NetworkManager: which network it is, what it costs, and what changes."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

from monitor.networks.uplink import METERED_GUESS_NO, METERED_GUESS_YES
from tests.desktop.stack import wait_for
from tests.networks.eyes import Eyes, is_told
from tests.networks.machine import NETWORK_MANAGER
from tests.networks.stage import ANDROID

if TYPE_CHECKING:
    from monitor.networks.uplink import Connection
    from tests.networks.stage import Stage

PHONE, LAN, IPHONE = "192.168.43.1/24", "10.77.0.1/24", "172.20.10.1/28"


def connection(eyes: Eyes, device: str) -> Connection:
    """What NetworkManager says of a device."""
    (found,) = (
        each for each in eyes.connections.take().devices if each.device == device
    )
    return found


def test_the_lease_of_an_android_phone_is_a_tether_that_costs(
    stage: Stage, eyes: Eyes
) -> None:
    stage.plug("cable0", PHONE, ANDROID)
    uuid = stage.connect("phone", "cable0")
    network = eyes.wait("cable0", metered=True)

    assert network.key == f"ethernet:{uuid}"
    assert (network.name, network.uuid) == ("phone", uuid)
    assert (network.metered_by, network.tether) == ("guess", "ethernet")
    assert connection(eyes, "cable0").metered == METERED_GUESS_YES
    assert connection(eyes, "cable0").gateways == ("192.168.43.1",)


def test_a_plain_network_does_not_cost(stage: Stage, eyes: Eyes) -> None:
    stage.plug("cable0", LAN)
    uuid = stage.connect("office", "cable0")
    network = eyes.wait("cable0", metered=False)

    assert network.key == f"ethernet:{uuid}"
    assert (network.metered_by, network.tether) == ("guess", "")
    assert connection(eyes, "cable0").metered == METERED_GUESS_NO


def test_an_iphone_is_known_although_networkmanager_says_nothing(
    stage: Stage, eyes: Eyes
) -> None:
    stage.plug("cable0", IPHONE)
    stage.connect("phone", "cable0")
    network = eyes.wait("cable0", metered=True)

    assert (network.metered_by, network.tether) == ("iphone", "ethernet")
    assert connection(eyes, "cable0").metered == METERED_GUESS_NO


def test_what_the_person_says_in_networkmanager_is_seen_at_once(
    stage: Stage, eyes: Eyes
) -> None:
    stage.plug("cable0", PHONE, ANDROID)
    stage.connect("phone", "cable0")
    eyes.wait("cable0", metered=True)
    for word, metered in (("no", False), ("yes", True)):
        before_ns = eyes.connections.stirred_ns
        stage.run("nmcli", "connection", "modify", "phone", "connection.metered", word)
        stage.run("nmcli", "device", "reapply", "cable0")
        assert is_told(eyes.connections)
        eyes.wait("cable0", metered=metered, metered_by="networkmanager")
        assert eyes.connections.stirred_ns > before_ns


def test_two_connections_on_one_cable_are_two_networks(
    stage: Stage, eyes: Eyes
) -> None:
    stage.plug("cable0", PHONE)
    first = stage.connect("one", "cable0")
    eyes.wait("cable0", key=f"ethernet:{first}")
    second = stage.connect("other", "cable0")
    eyes.wait("cable0", key=f"ethernet:{second}", name="other")
    stage.up("one")
    eyes.wait("cable0", key=f"ethernet:{first}", name="one")


def test_a_cable_that_is_pulled_out_and_put_in_again_is_the_same_network(
    stage: Stage, eyes: Eyes
) -> None:
    stage.plug("cable0", PHONE, ANDROID)
    key = f"ethernet:{stage.connect('phone', 'cable0')}"
    eyes.wait("cable0", key=key)
    stage.unplug("cable0")
    eyes.wait("cable0", key="if:cable0", metered=None)
    stage.plug("cable0", PHONE, ANDROID)
    eyes.wait("cable0", key="if:cable0")
    stage.up("phone")
    eyes.wait("cable0", key=key, metered=True)


def test_two_uplinks_at_once_are_two_networks(stage: Stage, eyes: Eyes) -> None:
    stage.plug("cable0", PHONE, ANDROID)
    stage.plug("cable1", LAN)
    phone = stage.connect("phone", "cable0")
    office = stage.connect("office", "cable1")
    eyes.wait("cable0", key=f"ethernet:{phone}", metered=True)
    eyes.wait("cable1", key=f"ethernet:{office}", metered=False)


def test_an_interface_that_somebody_else_set_up_has_no_connection(
    bare: Stage, eyes: Eyes
) -> None:
    bare.near.ip("link add other type veth peer name other_end")
    bare.near.ip("addr add 10.9.9.1/24 dev other", "link set other up")
    bare.near.ip("link set other_end up")
    bare.start(NETWORK_MANAGER)
    shown = ("nmcli", "-g", "GENERAL.STATE", "device", "show", "other")
    wait_for(lambda: "externally" in bare.run(*shown), "NetworkManager to adopt it")
    network = eyes.wait("other", key="if:other")
    assert (network.uuid, network.name, network.tether) == ("", "", "")


def test_networkmanager_that_is_restarted_has_the_same_networks(
    stage: Stage, eyes: Eyes
) -> None:
    stage.plug("cable0", PHONE, ANDROID)
    key = f"ethernet:{stage.connect('phone', 'cable0')}"
    eyes.wait("cable0", key=key)
    stage.stop(NETWORK_MANAGER)
    eyes.wait("cable0", key="if:cable0")
    stage.start(NETWORK_MANAGER)
    assert eyes.wait("cable0", key=key, metered=True).name == "phone"


def test_a_bus_that_is_restarted_is_found_again(stage: Stage, eyes: Eyes) -> None:
    stage.plug("cable0", PHONE, ANDROID)
    key = f"ethernet:{stage.connect('phone', 'cable0')}"
    eyes.wait("cable0", key=key)
    stage.stop("bus")
    eyes.wait("cable0", key="if:cable0")
    stage.start_bus()
    stage.stop(NETWORK_MANAGER)  # it does not come back to a new bus by itself
    stage.start(NETWORK_MANAGER)
    eyes.wait("cable0", key=key, metered=True)


def test_networkmanager_that_hangs_changes_nothing_and_keeps_nobody_waiting(
    stage: Stage, eyes: Eyes
) -> None:
    stage.plug("cable0", PHONE, ANDROID)
    key = f"ethernet:{stage.connect('phone', 'cable0')}"
    eyes.wait("cable0", key=key)
    stage.send(NETWORK_MANAGER, signal.SIGSTOP)
    with Eyes(stage.address) as late:  # they have to ask, and wait in vain
        for _ in range(250):  # 5 s; each look would fail if it waited for an answer
            assert eyes.network("cable0").key == key
            assert late.network("cable0").key == "if:cable0"
            time.sleep(0.02)
        stage.send(NETWORK_MANAGER, signal.SIGCONT)
        late.wait("cable0", key=key, metered=True)
    stage.run("nmcli", "connection", "modify", "phone", "connection.metered", "no")
    stage.run("nmcli", "device", "reapply", "cable0")
    eyes.wait("cable0", key=key, metered=False)
