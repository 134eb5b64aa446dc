"""What the daemon tells of the networks that are attached, and what is read of it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from monitor.networks.facts import Present, network_facts, present, with_own_word
from monitor.networks.uplink import CONFIG, Network
from monitor.usage import Attachment
from tests.networking import ESIM, attachment, wifi

PHONE = wifi(b"\xff\x1b[31m", is_phone=True)
WWAN, WLAN = attachment(ESIM, "wwan0"), attachment(PHONE, "wlan0")
LABELS = {ESIM.key: "Travel", PHONE.key: ""}
BRIDGE = Attachment("if:docker0", "docker0", billed=False)


def plan_of(where: Attachment) -> str | None:
    """Only the modem is paid for."""
    return "pk" if where.device == "wwan0" else None


def test_what_is_written_is_read_again() -> None:
    networks = {"wwan0": ESIM, "wlan0": PHONE}
    facts = network_facts([WWAN, BRIDGE, WLAN], networks, LABELS, plan_of)
    assert [each["device"] for each in facts] == ["wlan0", "wwan0"]
    told = present(json.loads(json.dumps({"networks": facts})))
    assert [(each.key, each.plan, each.label) for each in told] == [
        (PHONE.key, None, None),
        (ESIM.key, "pk", "Travel"),
    ]
    # What is not told is as it was.
    assert told[0].of(PHONE) == PHONE
    assert told[1].of(replace(ESIM, roaming=False, mcc="234")) == ESIM


def test_everybody_may_read_it_and_finds_neither_eid_nor_ssid_in_it() -> None:
    facts = network_facts([WWAN, WLAN], {"wwan0": ESIM, "wlan0": PHONE}, {}, plan_of)
    assert ESIM.eid not in json.dumps(facts)
    assert PHONE.ssid.hex() not in json.dumps(facts)


def test_a_device_of_which_nobody_knows_the_network_is_one_by_itself() -> None:
    (facts,) = network_facts(
        [Attachment("if:eth0", "eth0", billed=True)], {}, {}, lambda _: None
    )
    assert (facts["key"], facts["kind"], facts["metered"]) == (
        "if:eth0",
        "interface",
        None,
    )


def test_the_persons_word_on_an_interface_goes_before_what_others_say() -> None:
    cheap = replace(WWAN, metered=False)
    said = with_own_word(ESIM, cheap)
    assert (said.metered, said.metered_by) == (False, CONFIG)
    assert with_own_word(ESIM, WWAN) == ESIM
    assert with_own_word(ESIM, replace(WWAN, metered=None)) == ESIM


@pytest.mark.parametrize(
    "told",
    [
        None,
        {},
        [1],
        [{"key": "if:eth0"}],
        [{"key": 1, "device": "eth0"}],
        [{"key": "if:eth0", "device": "eth0", "metered": "yes"}],
    ],
)
def test_what_another_version_tells_is_nothing(told: Any) -> None:  # noqa: ANN401 - anything
    assert present({"networks": told}) == []
    assert present({}) == []


def test_what_a_later_version_adds_does_not_matter() -> None:
    told = {"key": "if:eth0", "device": "eth0", "colour": "red"}
    assert present({"networks": [told]}) == [Present("if:eth0", "eth0")]
    assert Present("if:eth0", "eth0").of(Network("if:eth0")) == Network("if:eth0")
