"""`Config` back into TOML that reads as the same values."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec

from monitor.config.settings import Config
from monitor.config.values import UNLIMITED, Duration, Quota, Size
from monitor.units import exact_duration, exact_size

if TYPE_CHECKING:
    from collections.abc import Iterator


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
        Text, number or list.
    """
    match value:
        case Size():
            return exact_size(value)
        case Quota():
            return exact_size(value) if value else UNLIMITED
        case Duration():
            return exact_duration(value)
        case tuple():
            return list(value)
        case _:
            return value


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
    return [_set_keys(table) for table in config.plans]


def _set_keys(table: msgspec.Struct) -> dict[str, object]:
    defaults = type(table)()
    found: dict[str, object] = {}
    for field in msgspec.structs.fields(table):
        value = getattr(table, field.name)
        if value == getattr(defaults, field.name):
            continue
        is_table = isinstance(value, msgspec.Struct)
        found[field.encode_name] = _set_keys(value) if is_table else plain(value)
    return found


def _lines(config: Config) -> Iterator[str]:
    current = ""
    for section, key, value, is_default in settings(config):
        if section != current:
            yield f"[{section}]" if not current else f"\n[{section}]"
            current = section
        yield f"{key} = {_text(value)}" + ("" if is_default else "  # set")
    for table in plan_tables(config):
        yield from plan_lines(table)


def plan_lines(table: dict[str, object]) -> Iterator[str]:
    """Write one plan.

    Args:
        table: what is set, as the file has it.

    Yields:
        Lines that begin with an empty one and `[[plan]]`.
    """
    yield "\n[[plan]]"
    for key, value in table.items():
        if not isinstance(value, dict):
            yield f"{key} = {_text(value)}"
    for key, value in table.items():
        if isinstance(value, dict):
            yield f"[plan.{key}]"
            yield from (f"{inner} = {_text(each)}" for inner, each in value.items())


def _text(value: object) -> str:
    # A JSON string is a TOML string but for DEL, which TOML wants escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
