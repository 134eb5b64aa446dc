"""One sentence of what is wrong in a file: file, line, key, found, allowed."""

from __future__ import annotations

import difflib
import json
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from monitor.config.described import allowed_at, keys_at, steps
from monitor.config.plans import PLAN_ID
from monitor.errors import ConfigError

if TYPE_CHECKING:
    import msgspec

_LONGEST_SHOWN: Final = 60
_MOST_KEYS: Final = 20
_MISSING: Final = "nothing"
_HEADER_OR_KEY = re.compile(
    r"\s*(?:\[(?P<list>\[)?\s*(?P<table>[\w.-]+)\s*\]|(?P<key>[\w-]+(\.[\w-]+)*)\s*=)",
    re.ASCII,
)
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<key>.*)`", re.DOTALL)
_LACKING = re.compile(r"Object missing required field `(?P<key>.*)`")
_LISTS: Final = ("plan", "offer", "alerts.rule")
_OWN_WORDS: Final = ("Expected `", "Invalid ", "Object ", "Integer ")


class Source(NamedTuple):
    """A file as it was read.

    Attributes:
        text: what stands in it.
        name: of the file.
        table: what TOML made of it.
        kind: the type that it is read as.
    """

    text: str
    name: str
    table: dict[str, Any]
    kind: type


def refusal(source: Source, key: str, allowed: str) -> ConfigError:
    """The error for a setting.

    Args:
        source: where it stands.
        key: dotted.
        allowed: to be read after "must be".

    Returns:
        What to raise.
    """
    shown = f"{_named(source, key)} = {_found(source.table, key)}"
    shown = shown.removesuffix(f" = {_MISSING}")
    line = _line(source, key)
    return ConfigError(f"{source.name}:{line} {shown}: must be {allowed}.")


def explained(source: Source, error: msgspec.ValidationError) -> ConfigError:
    """The error for what msgspec refused.

    Args:
        source: where it stands.
        error: with msgspec's own words, or those of `values.decode`.

    Returns:
        What to raise.
    """
    sentence = str(error)
    at = sentence.rfind(" - at `$")
    allowed, path = (sentence, "") if at < 0 else (sentence[:at], sentence[at + 8 :])
    key = path.removesuffix("`").lstrip(".")
    unknown, lacking = _UNKNOWN.fullmatch(allowed), _LACKING.fullmatch(allowed)
    if unknown is not None:
        return _unknown_key(source, key, unknown["key"])
    if lacking is not None:
        key = f"{key}.{lacking['key']}".lstrip(".")
    if key in _LISTS:
        allowed = f"a list of tables, each under a line [[{key}]]"
    elif allowed.startswith(_OWN_WORDS):
        allowed = allowed_at(source.kind, source.table, key)
    return refusal(source, key, allowed)


def line_of_plan(text: str, index: int) -> int | None:
    """Where a plan begins in a configuration file.

    Args:
        text: TOML.
        index: which of the plans, from 0.

    Returns:
        The line; None if that is not plain to see.
    """
    found = _places(text).get(f"plan[{index}]", [])
    return found[0] if len(found) == 1 else None


def _unknown_key(source: Source, table: str, key: str) -> ConfigError:
    known = keys_at(source.kind, source.table, table)
    prefix = f"{table}." if table else ""
    close = difflib.get_close_matches(key, known, n=1)
    shown = _named(source, prefix)
    meant = f" Did you mean {shown}{close[0]}?" if close else ""
    # A header is written without the position in its list.
    header = re.sub(r"\[[0-9]+\]", "", table)
    place = f"[{header}]" if table else "the file"
    if not close or len(known) <= _MOST_KEYS:
        meant += f" Allowed in {place}: {', '.join(known)}."
    line = _line(source, prefix + key)
    return ConfigError(
        f"{source.name}:{line} {shown}{_quoted_key(key)}: unknown key.{meant}"
    )


def _named(source: Source, key: str) -> str:
    """A plan by its name and not by its position, where it has one."""
    match = re.match(r"plan\[([0-9]+)\]\.(?!id$)", key)
    if match is None:
        return key
    plans = source.table.get("plan")
    plan = plans[int(match[1])] if isinstance(plans, list) else None
    plan_id = plan.get("id") if isinstance(plan, dict) else None
    if not isinstance(plan_id, str) or not PLAN_ID.fullmatch(plan_id):
        return key
    return f"plan.{plan_id}.{key[match.end() :]}"


def _found(table: Any, dotted: str) -> str:  # noqa: ANN401 - what TOML can hold
    """What stands in the file, as it would be written."""
    if dotted in table:  # a default that does not fit is not in the file
        return _shown(table[dotted])
    try:
        for step in steps(dotted):
            table = table[step]
    except (LookupError, TypeError):
        return _MISSING
    return _MISSING if isinstance(table, dict) else _shown(table)


def _shown(found: object) -> str:
    text = json.dumps(found, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def _quoted_key(key: str) -> str:
    plain = re.fullmatch(r"[A-Za-z0-9_-]{1,60}", key)
    return key if plain else _shown(key)


def _line(source: Source, dotted: str) -> str:
    """Where a setting or a table is, if it plainly stands there exactly once.

    The parser gives no positions. A wrong line is worse than none; what is not there
    by itself (a missing key, a part of a list) is in the table or list around it.
    """
    places = _places(source.text)
    wanted = dotted
    while wanted:
        found = places.get(wanted, [])
        if found:
            return f" line {found[0]}:" if len(found) == 1 else ""
        wanted = wanted[: max(wanted.rfind("."), wanted.rfind("["), 0)]
    return ""


def _places(text: str) -> dict[str, list[int]]:
    """The lines on which each table begins or each key stands, by dotted key."""
    current = ""
    places: dict[str, list[int]] = {}
    newest: dict[str, int] = {}  # of each list of tables, the position of its last
    for number, line in enumerate(text.split("\n"), start=1):
        match = _HEADER_OR_KEY.match(line)
        if match is None:
            continue
        if match["table"]:
            is_list = match["list"] is not None
            path = current = _header(match["table"], newest, is_list=is_list)
        else:
            path = f"{current}.{match['key']}".lstrip(".")
        places.setdefault(path, []).append(number)
    return places


def _header(table: str, newest: dict[str, int], *, is_list: bool) -> str:
    """The dotted key of a header: [plan.match] is that of the newest [[plan]]."""
    path = ""
    *outer, last = table.split(".")
    for part in outer:
        path = f"{path}.{part}".lstrip(".")
        if path in newest:
            path = f"{path}[{newest[path]}]"
    path = f"{path}.{last}".lstrip(".")
    if is_list:
        newest[path] = newest.get(path, -1) + 1
        path = f"{path}[{newest[path]}]"
    return path
