"""Whatever stands in a plan: it is a plan, or one sentence that names the place."""

from __future__ import annotations

import re
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import inspect

from monitor.config import as_toml, parse_config
from monitor.config.contracts import plans_of
from monitor.config.plans import PlanTable
from monitor.config.reading import parse_plan
from monitor.config.writing import table_lines
from monitor.errors import ConfigError

UTC = ZoneInfo("UTC")
_WORDS = (
    *("month", "week", "day", "30 days", "3 months", "24 h", "7 calendar days"),
    *("first_use", "purchase", "fixed", "elapsed", "days_calendar", "2026-11-20"),
    *("2026-11-20T10:00:00Z", "22:00-06:00", "06:00", "PK", "410", "10 GB", "main"),
    *("throttle", "bill", "block", "free", "clamp", "128", "-1", "1.5", "Monday"),
    *("8992000000000000001", "wwan0", "*", "base", "promo", "cycle_end", "rx", "UTC"),
)
_SCALARS = st.one_of(
    st.sampled_from(_WORDS),
    st.integers(-(2**70), 2**70),
    st.integers(-3, 40),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.dates(),
    st.datetimes(timezones=st.sampled_from([None, UTC])),
    st.times(),
    st.text(max_size=5),
)


def _structs(node: inspect.Type) -> list[inspect.StructType]:
    """A table that a type may be, and all tables in it."""
    if isinstance(node, inspect.UnionType):
        return [each for part in node.types for each in _structs(part)]
    if isinstance(node, inspect.VarTupleType):
        return _structs(node.item_type)
    if not isinstance(node, inspect.StructType):
        return []
    inner = [each for field in node.fields for each in _structs(field.type)]
    return [node, *inner]


_KNOWN = sorted(
    {
        name
        for struct in _structs(inspect.type_info(PlanTable))
        for name in (struct.tag_field, *(each.encode_name for each in struct.fields))
        if name is not None
    }
)
_INNER = st.recursive(
    _SCALARS,
    lambda deeper: st.one_of(
        st.lists(deeper, max_size=3),
        st.dictionaries(st.sampled_from(_KNOWN), deeper, max_size=4),
    ),
    max_leaves=8,
)
_TOP = [field.encode_name for field in msgspec.structs.fields(PlanTable)]
_TABLES = st.dictionaries(st.sampled_from(_TOP), _INNER, max_size=6)


def _toml(table: dict[str, Any]) -> str:
    """A TOML file of a table, all of it on lines of its own."""
    return "".join(f"{key} = {_value(value)}\n" for key, value in table.items())


def _value(value: object) -> str:
    if isinstance(value, dict):
        return f"{{{', '.join(f'{k} = {_value(v)}' for k, v in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, bool | str):
        return msgspec.json.encode(value).decode().replace("\x7f", "\\u007f")
    return str(value)


@given(_TABLES)
@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
def test_any_table_is_a_plan_or_a_sentence_with_its_place(
    table: dict[str, Any],
) -> None:
    text = _toml({"id": "p", "every": "month"} | table)
    try:
        config = parse_config(f"[[plan]]\n{text}", "f", UTC)
    except ConfigError as error:
        assert str(error).startswith("f:"), error  # noqa: PT017 - either is right
        assert "plan" in str(error) or "TOML" in str(error)  # noqa: PT017
        assert str(error).endswith((".", "?"))  # noqa: PT017
    else:
        assert len(plans_of(config.plans, UTC)) == 1
        assert parse_config(as_toml(config), "shown", UTC) == config


@given(st.sampled_from(_TOP), _INNER)
@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
def test_any_value_of_any_key_is_taken_or_refused_with_its_key(
    key: str, value: object
) -> None:
    table = {"every": "month"} | {key: value}
    try:
        found = parse_plan(_toml(table), "p.toml", "p", UTC)
    except ConfigError as error:
        # Or with another one that this value asks for.
        place = re.match(r"p\.toml:(?: line \d+:)? (\w+)", str(error))
        assert place is not None
        assert place[1] in (key, "not", *_TOP)
    else:
        assert found.id == "p"


def test_a_plan_is_written_as_a_file_of_its_own() -> None:
    table: dict[str, object] = {
        "quota": "5 GB",
        "bucket": [{"id": "n", "bytes": "1 GB"}],
        "match": {},
    }
    text = "\n".join(table_lines(table))
    assert text == 'quota = "5 GB"\n[[bucket]]\nid = "n"\nbytes = "1 GB"\n[match]'
