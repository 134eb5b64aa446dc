"""`[plan.match]`: how people name the networks that a plan pays for."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from monitor.config import as_toml, parse_config
from monitor.config.contracts import plans_of
from monitor.errors import ConfigError
from monitor.plans.matching import Line
from monitor.plans.payers import Wide

UTC = ZoneInfo("UTC")
ICCID = "8992000000000000001"
UUID = "5f1c7a52-3e0e-4d4b-9c0b-0d5a4f8a7c11"
HEAD = '[[plan]]\nid = "home"\nevery = "month"\n'
OTHER = HEAD.replace("home", "work")


def matches(text: str) -> list[tuple[str, str]]:
    """What the plan home names."""
    config = parse_config(HEAD + text, "f", UTC)
    # What is shown is the same plan.
    assert parse_config(as_toml(config), "shown", UTC).plans == config.plans
    (found,) = plans_of(config.plans, UTC)
    return [(each.kind, each.value) for each in found.bindings.matches]


def refused(text: str) -> str:
    """Why the configuration is not taken."""
    with pytest.raises(ConfigError) as caught:
        parse_config(text, "f", UTC)
    return str(caught.value)


def test_all_kinds_are_taken_in_one_order_whatever_the_files() -> None:
    text = f"""
[plan.match]
interface = ["wwan*"]
tether = ["usb", "Apple"]
ssid = ["Phone", "hex:FF00"]
uuid = ["{UUID.upper()}"]
iccid = ["{ICCID}"]
"""
    assert matches(text) == [
        ("iccid", ICCID),
        ("uuid", UUID),
        ("ssid", "Phone"),
        ("ssid", "hex:FF00"),
        ("tether", "usb"),
        ("tether", "apple"),
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f'match.iccid = "{ICCID}"', [("iccid", ICCID)]),
        (f'match.uuid = "{UUID}"', [("uuid", UUID)]),
        ('match.ssid = "Café 📱"', [("ssid", "Café 📱")]),
        ('match.ssid = "\\u001b[31m"', [("ssid", "\x1b[31m")]),
        ('match.ssid = " "', [("ssid", " ")]),
        ("match.tether = true", [("tether", "true")]),
        ("match.tether = false", []),
        ('match.tether = "usb/apple"', [("tether", "usb/apple")]),
        ('match.interface = "wwan0"', []),
    ],
)
def test_a_single_one_needs_no_list(text: str, found: list[tuple[str, str]]) -> None:
    assert matches(text) == found


def test_a_single_interface_is_a_pattern() -> None:
    (plan,) = plans_of(parse_config(f'{HEAD}match.interface = "w*"', "f").plans, UTC)
    assert plan.bindings.wides == (Wide("w*", "home"),)


@pytest.mark.parametrize("key", ["iccid", "line.iccid"])
def test_the_profile_of_a_plan_is_its_own_without_a_match(key: str) -> None:
    (plan,) = plans_of(parse_config(f'{HEAD}{key} = "{ICCID}"', "f").plans, UTC)
    assert plan.bindings.lines == (Line("home", (ICCID,), is_closed=True),)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("match.iccid = 8992", "match.iccid = 8992: must be a list"),
        ('match.iccid = "12"', '= "12": must be the number of a SIM profile in'),
        ('match.iccid = ["12"]', 'plan.home.match.iccid[0] = "12": must be the number'),
        ("match.iccid = []", "match.iccid = []: must be one SIM profile at least"),
        ('match.uuid = "x"', "must be the UUID of a connection, such as"),
        (f'match.uuid = "{UUID}\\n{UUID}"', "must be the UUID of a connection"),
        ("match.uuid = []", "must be the UUID of one connection at least"),
        ('match.ssid = ""', "must be the name of a Wi-Fi network, of 1 to 32 bytes"),
        ('match.ssid = "hex:"', "must be the name of a Wi-Fi network, of 1 to 32"),
        ('match.ssid = "hex:0"', 'or "hex:" and its bytes, such as "hex:ff00"'),
        (f'match.ssid = "{"é" * 17}"', "of 1 to 32 bytes"),
        (f'match.ssid = "hex:{"00" * 33}"', "of 1 to 32 bytes"),
        ("match.ssid = [1]", "must be the name of a Wi-Fi network"),
        ('match.tether = "usb/apple/x"', "must be a way of tethering"),
        ('match.tether = ["../x"]', 'bluetooth", "wifi" or "ethernet", or a'),
        ("match.tether = 1", "match.tether = 1: must be true or false or a list"),
        ("match.tether = []", "must be true, or one way or maker at least"),
        ("match.tether = [true]", "must be a way of tethering"),
        (f"match.ssid = {['x'] * 201}", "must be at most 200 of them"),
        ('match.sim = "x"', "match.sim: unknown key"),
        ("match = true", "match = true: must be a table"),
    ],
)
def test_what_cannot_be_a_network_is_named_with_its_line(
    text: str, sentence: str
) -> None:
    said = refused(HEAD + text)
    assert said.startswith("f: line 4: plan.home.match")
    assert sentence in said


@pytest.mark.parametrize(
    ("one", "other", "sentence"),
    [
        (
            f'iccid = "{ICCID}"',
            'iccid = ["8992 0000 0000 0000 001"]',
            f"without 8992 0000 0000 0000 001, which the plan home matches as {ICCID}.",
        ),
        (
            f'uuid = "{UUID}"',
            f'uuid = "{UUID.upper()}"',
            f"must be without {UUID}, which the plan home matches.",
        ),
        (
            'ssid = ["a", "b"]',
            'ssid = ["c", "hex:62"]',
            "must be without hex:62, which the plan home matches as b.",
        ),
        (
            "tether = true",
            'tether = "apple"',
            "must be without apple, which the plan home matches as true.",
        ),
        (
            'tether = ["usb"]',
            "tether = true",
            "= true: must be without true, which the plan home matches as usb.",
        ),
        (
            "tether = true",
            "tether = true",
            "must be without true, which the plan home matches.",
        ),
    ],
)
def test_one_network_in_two_plans_is_refused_with_both_named(
    one: str, other: str, sentence: str
) -> None:
    said = refused(f"{HEAD}match.{one}\n{OTHER}match.{other}\n")
    assert said.startswith("f: line 8: plan.work.match.")
    assert said.endswith(sentence)


def test_one_profile_as_line_of_two_plans_is_allowed() -> None:
    text = f'iccid = "{ICCID}"\n'
    plans = plans_of(parse_config(f"{HEAD}{text}{OTHER}{text}", "f").plans, UTC)
    assert [each.bindings.lines[0].plan for each in plans] == ["home", "work"]
