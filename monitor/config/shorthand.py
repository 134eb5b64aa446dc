"""Short spellings inside the tables of a plan, written out before they are read.

Countries as two letters become the mobile country codes of their networks, a window of
the day such as "22:00-06:00" the table of its start and end, a single network that a
plan pays for the list of it. What is not understood is left as it is: the types say
what is wrong with it.
"""

from __future__ import annotations

import re
from typing import Any, Final

from monitor.plans.countries import mobile_codes

_WINDOW = re.compile(r"([0-9]{2}:[0-9]{2}) ?- ?([0-9]{2}:[0-9]{2})", re.ASCII)
_COUNTRIES: Final = ("zones", "countries", "included")
_WINDOWS: Final = ("window", "windows")
_MATCH: Final = "match"


def written_out(table: Any) -> Any:  # noqa: ANN401 - what TOML can hold
    """A plan, or any table in it, without short spellings.

    Args:
        table: what TOML gave.

    Returns:
        The same with other values; what was given is not changed.
    """
    if isinstance(table, list):
        return [written_out(each) for each in table]
    if not isinstance(table, dict):
        return table
    return {key: _value(key, value) for key, value in table.items()}


def _value(key: str, value: Any) -> Any:  # noqa: ANN401 - what TOML can hold
    if key in _COUNTRIES and isinstance(value, list):
        return _codes_of(value)
    if key in _WINDOWS and isinstance(value, list):
        return [_window(each) for each in value]
    if key == _MATCH and isinstance(value, dict):
        return {
            name: [each] if isinstance(each, str) else each
            for name, each in value.items()
        }
    return _window(value) if key in _WINDOWS else written_out(value)


def _codes_of(found: list[Any]) -> list[Any]:
    """The codes of a list of countries, each once."""
    codes: list[Any] = []
    seen: set[str] = set()
    for each in found:
        is_text = isinstance(each, str)
        for code in (mobile_codes(each) if is_text else ()) or (each,):
            if not is_text or code not in seen:
                codes.append(code)
            if is_text:
                seen.add(code)
    return codes


def _window(found: object) -> object:
    match = _WINDOW.fullmatch(found.strip()) if isinstance(found, str) else None
    return {"start": match[1], "end": match[2]} if match else found
