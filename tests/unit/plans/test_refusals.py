"""Whatever is read is a checked value or one sentence with its place."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.plans.refusals import RefusedError, read, shown
from monitor.plans.terms import Plan

KEYS = st.sampled_from([field.encode_name for field in msgspec.structs.fields(Plan)])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["kind", "id", "days", "x"]), inner, max_size=2
        )
    ),
    max_leaves=5,
)


@given(st.dictionaries(KEYS | st.text(max_size=3), VALUES, max_size=3))
def test_a_plan_of_anything_is_a_plan_or_a_sentence(found: dict[str, Any]) -> None:
    said = ""
    try:
        assert isinstance(read({"id": "p"} | found, Plan, "plan"), Plan)
    except RefusedError as error:
        said = str(error)
    assert not said or said.startswith("plan")
    assert said.isprintable()


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        ({"count": "\ud800"}, "plan.count: is no valid Unicode."),
        (
            {"buckets": [{"id": "a", "class": "\udfff"}]},
            "plan.buckets[0].class: is no valid Unicode.",
        ),
        (
            {"\ud800": 1},
            'plan, the key "\\ud800": is no valid Unicode.',
        ),
        ({"count": "up"}, 'plan.count = "up": must be one of both, rx, tx.'),
        (
            {"gifting": {"recipient_expiry": "never"}},
            'plan.gifting.recipient_expiry = "never": must be one of cycle_end.',
        ),
        (
            {"gifting": {"recipient_expiry": {"day": 1}}},
            'unknown key "day". Did you mean days? Allowed: days, hours.',
        ),
        (
            {"cycle": {"kind": "month", "days": 3}},
            "Allowed: kind, billing_day, reset_time, month_end, interval, anchor.",
        ),
        (
            {"cycle": {"kind": 5}},
            "plan.cycle.kind = 5: must be one of month, week, day, days_calendar, ",
        ),
        (
            {"cycle": {"kind": "month", "anchor": "2025-02-30"}},
            'plan.cycle.anchor = "2025-02-30": must be a date such as "2026-11-20".',
        ),
        ({"id": "a\n"}, 'plan.id = "a\\n": must be a name of 1 to 120 printable'),
    ],
)
def test_a_refusal_says_where_and_what_is_allowed(
    found: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(RefusedError) as refused:
        read({"id": "p"} | found, Plan, "plan")
    assert sentence in str(refused.value)


def test_what_is_nested_too_deeply_is_refused() -> None:
    deep: Any = "\ud800"
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(RefusedError, match="must be"):
        read({"id": "p", "tz": deep}, Plan, "plan")
    nested: dict[str, Any] = {"leaf": None}
    for _ in range(100_000):
        nested = {"leaf": nested}
    with pytest.raises(RefusedError, match="nested too deeply"):
        read(nested, _Tree, "tree")


class _Tree(msgspec.Struct):
    leaf: _Tree | None = None


def test_a_shown_value_is_short() -> None:
    assert shown([1, 2]) == "[...]"
    assert shown({}) == "{}"
    assert shown(float("nan")) == "NaN"
    assert len(shown("x" * 10**6)) < 70
    assert len(shown("\x00" * 10**6)) < 70
