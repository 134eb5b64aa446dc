"""Why an entry is refused, in words: each reason of the engine has its own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from monitor import plans
from monitor.plans import rules
from monitor.plans.entries import TransferOut
from monitor.plans.offers import Gifting
from monitor.plans.rules import rule_against
from monitor.plans.status import Status
from monitor.plans.terms import Plan
from monitor.plans.values import Bytes, Name, Second

REASONS = sorted(
    {
        reason
        for source in Path(plans.__path__[0]).glob("*.py")
        for reason in re.findall(r"rejected:([a-z_]+)", source.read_text())
    }
    # What stands in the way of a gift.
    | {"not_allowed", "below_min", "not_step", "over_max", "regift", "insufficient"}
)
PLAN = Plan(id=Name("p"), gifting=Gifting(allowed=True, min_bytes=Bytes(10**8)))
GIFT = TransferOut(id=Name("g"), ts=Second(0), bytes=Bytes(5))
NOW = Status(state="active", used_bytes=0, main_used_bytes=0)


@pytest.mark.parametrize("reason", REASONS)
def test_each_reason_is_a_sentence_of_its_own(reason: str) -> None:
    assert reason in rules._SENTENCES
    said = rule_against(PLAN, GIFT, reason, NOW)
    assert "{" not in said
    assert not said.endswith(".")


def test_a_reason_from_elsewhere_is_said_as_it_is() -> None:
    assert rule_against(PLAN, GIFT, "new_rule", NOW) == "a rule forbids it (new_rule)"


def test_the_figures_are_those_of_the_plan() -> None:
    said = rule_against(PLAN, GIFT, "below_min", NOW)
    assert said == "gifts are at least 100 MB (gifting.min_bytes)"
