"""What a person's rules make of a kind of alert."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.alerts.model import KINDS
from monitor.config import parse_config
from monitor.notifiers.manners import Urgency, manner_of
from monitor.notifiers.rules import CHANNELS, Verdict, Wishes, described, read

LOW, NORMAL, CRITICAL = Urgency.LOW, Urgency.NORMAL, Urgency.CRITICAL
BOTH = CHANNELS

RULES = """
[[alerts.rule]]
kinds = ["data.limit"]
[[alerts.rule]]
kinds = ["app.*", "network.uncovered"]
urgency = "low"
channels = ["desktop"]
[[alerts.rule]]
kinds = ["expiry.*"]
urgency = "critical"
[[alerts.rule]]
kinds = ["background.*"]
channels = []
[[alerts.rule]]
kinds = ["data.*", "network.*"]
channels = ["push"]
"""


def wishes(text: str) -> Wishes:
    """Of a person who wrote that."""
    alerts = parse_config(text, "file").alerts
    return Wishes(alerts.quiet, alerts.rules)


@pytest.mark.parametrize(
    ("kind", "verdict"),
    [
        # An exception to what comes later.
        ("data.limit", Verdict(CRITICAL, BOTH)),
        ("data.warning", Verdict(NORMAL, ("push",))),
        ("app.new", Verdict(LOW, ("desktop",))),
        # Two match: the first decides both.
        ("network.uncovered", Verdict(LOW, ("desktop",))),
        ("network.roaming", Verdict(CRITICAL, ("push",))),
        ("expiry.soon", Verdict(CRITICAL, BOTH)),
        ("background.rate", Verdict(NORMAL, ())),
        ("background.use", Verdict(LOW, ())),
        # None does.
        ("wifi.in_range", Verdict(LOW, BOTH)),
        ("monitor.blind", Verdict(NORMAL, BOTH)),
        ("of a later version", Verdict(NORMAL, BOTH)),
    ],
)
def test_the_first_rule_that_matches_decides(kind: str, verdict: Verdict) -> None:
    assert wishes(RULES).verdict(kind) == verdict


def test_without_rules_each_kind_is_told_as_it_is_its_way() -> None:
    for kind in KINDS:
        assert Wishes().verdict(kind) == Verdict(manner_of(kind).urgency, BOTH)


@pytest.mark.parametrize("urgency", Urgency)
@pytest.mark.parametrize("channels", [(), ("desktop",), ("push",), CHANNELS])
def test_what_a_daemon_says_is_what_an_agent_reads(
    urgency: Urgency, channels: tuple[str, ...]
) -> None:
    verdict = Verdict(urgency, channels)
    assert read(described(verdict), "data.limit") == verdict


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        ({}, Verdict(CRITICAL, BOTH)),  # of a daemon that is older
        ({"urgency": "loud"}, Verdict(CRITICAL, BOTH)),
        ({"urgency": ["low"], "channels": "desktop"}, Verdict(CRITICAL, BOTH)),
        ({"urgency": "low", "channels": [7, {}, "push", "x"]}, Verdict(LOW, ("push",))),
        ({"channels": None}, Verdict(CRITICAL, BOTH)),
    ],
)
def test_what_cannot_be_understood_is_told_as_loudly_as_its_kind(
    found: dict[str, Any], verdict: Verdict
) -> None:
    assert read(found, "data.limit") == verdict
