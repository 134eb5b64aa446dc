"""`Config` back into TOML that reads as the same values."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec

from monitor.config.settings import Config, Duration, Size
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
        case Duration():
            return exact_duration(value)
        case tuple():
            return list(value)
        case _:
            return value


def settings(config: Config) -> Iterator[tuple[str, str, object, bool]]:
    """All settings: section, key, value as written, whether it is the default.

    Args:
        config: checked values.

    Yields:
        One setting after the other.
    """
    for section in msgspec.structs.fields(Config):
        values = getattr(config, section.name)
        defaults = type(values)()
        for field in msgspec.structs.fields(values):
            value = getattr(values, field.name)
            is_default = value == getattr(defaults, field.name)
            yield section.name, field.encode_name, plain(value), is_default


def _lines(config: Config) -> Iterator[str]:
    current = ""
    for section, key, value, is_default in settings(config):
        if section != current:
            yield f"[{section}]" if not current else f"\n[{section}]"
            current = section
        # A JSON string is a TOML string but for DEL, which TOML wants escaped.
        text = json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        yield f"{key} = {text}" + ("" if is_default else "  # set")
