"""`Config` back into TOML that reads as the same values."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec

from monitor.config.settings import Config
from monitor.config.times import Weekday
from monitor.config.values import UNLIMITED, Duration, Quota, Size
from monitor.plans.values import Bytes, Minute, Money, Second
from monitor.units import exact_duration, exact_size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from monitor.config.plans import PlanTable


def _quota(quota_bytes: int) -> str:
    return exact_size(quota_bytes) if quota_bytes else UNLIMITED


def _minute(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _second(at_s: int) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


_SPELLINGS: Final[dict[type, Callable[[Any], str | int]]] = {
    Size: exact_size,
    Bytes: exact_size,
    Quota: _quota,
    Duration: exact_duration,
    Minute: _minute,
    Second: _second,
    Weekday: int,
    Money: str,
    date: str,
}
"""How a value of a type of its own is written, so that it is read as the same."""


def as_toml(config: Config) -> str:
    """Write every setting with its value in force.

    Args:
        config: checked values.

    Returns:
        TOML; what differs from the default is marked by a comment.
    """
    return "\n".join(_lines(config))


def plain(value: object) -> object:
    """A value of the configuration as it is written in the file.

    Args:
        value: a setting.

    Returns:
        Text, number, list or table.
    """
    spelling = _SPELLINGS.get(type(value))
    if spelling is not None:
        return spelling(value)
    if isinstance(value, tuple):
        return [plain(each) for each in value]
    return _set_keys(value) if isinstance(value, msgspec.Struct) else value


def settings(config: Config) -> Iterator[tuple[str, str, object, bool]]:
    """All settings but those of plans: section, key, value, whether it is the default.

    Args:
        config: checked values.

    Yields:
        One setting after the other.
    """
    for section in msgspec.structs.fields(Config):
        values = getattr(config, section.name)
        if not isinstance(values, msgspec.Struct):
            continue  # the plans
        defaults = type(values)()
        for field in msgspec.structs.fields(values):
            value = getattr(values, field.name)
            is_default = value == getattr(defaults, field.name)
            yield section.name, field.encode_name, plain(value), is_default


def plan_tables(config: Config) -> list[dict[str, object]]:
    """The plans as they are written: only what was set, tables as tables.

    Args:
        config: checked values.

    Returns:
        One table for each plan.
    """
    return [plan_table(table) for table in config.plans]


def plan_table(table: PlanTable) -> dict[str, object]:
    """One plan as it is written.

    Args:
        table: checked values.

    Returns:
        Only what was set.
    """
    return _set_keys(table)


def _set_keys(table: msgspec.Struct) -> dict[str, object]:
    config = table.__struct_config__
    found: dict[str, object] = {}
    if config.tag_field is not None:
        found[config.tag_field] = config.tag
    for field in msgspec.structs.fields(table):
        value = getattr(table, field.name)
        if value != field.default:
            found[field.encode_name] = plain(value)
    return found


def _lines(config: Config) -> Iterator[str]:
    current = ""
    for section, key, value, is_default in settings(config):
        if section != current:
            yield f"[{section}]" if not current else f"\n[{section}]"
            current = section
        tables = _tables(value)  # the last of their section
        for table in tables:
            yield from table_lines({key: [table]}, f"{section}.")
        if not tables:
            yield f"{key} = {_text(value)}" + ("" if is_default else "  # set")
    for table in plan_tables(config):
        yield from plan_lines(table)


def plan_lines(table: dict[str, object]) -> Iterator[str]:
    """Write one plan of several.

    Args:
        table: what is set, as the file has it.

    Yields:
        Lines that begin with an empty one and `[[plan]]`.
    """
    yield "\n[[plan]]"
    yield from table_lines(table, "plan.")


def table_lines(table: dict[str, object], prefix: str = "") -> Iterator[str]:
    """Write a table: first its values, then the tables in it.

    Args:
        table: what is set, as the file has it.
        prefix: of the headers of inner tables.

    Yields:
        Lines without newlines.
    """
    for key, value in table.items():
        if not _tables(value):
            yield f"{key} = {_text(value)}"
    for key, value in table.items():
        for each in _tables(value):
            head = f"[{prefix}{key}]"
            yield head if isinstance(value, dict) else f"[{head}]"
            yield from (f"{name} = {_text(found)}" for name, found in each.items())


def _tables(value: object) -> list[dict[str, object]]:
    """The tables that have headers of their own."""
    found = value if isinstance(value, list) else [value]
    return [each for each in found if isinstance(each, dict)]


def _text(value: object) -> str:
    if isinstance(value, dict):
        pairs = (f"{key} = {_text(each)}" for key, each in value.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_text, value))}]"
    # A JSON string is a TOML string but for DEL, which TOML wants escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
