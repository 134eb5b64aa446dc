"""A TOML file into `Config`, or one sentence: file, line, key, found, allowed."""

from __future__ import annotations

import difflib
import json
import os
import re
import stat
import tomllib
from typing import TYPE_CHECKING, Any

import msgspec

from monitor.config.plans import CHOICES, Match, PlanTable
from monitor.config.settings import Config, out_of_limits
from monitor.config.values import decode
from monitor.config.writing import settings
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_LARGEST_BYTES = 1_000_000
_LONGEST_SHOWN = 60
_MISSING = "nothing"
_KINDS = {
    "object": "a table",
    "array": "a list",
    "bool": "true or false",
    "int": "a whole number",
    "str": "text in quotes",
}
_HEADER_OR_KEY = re.compile(
    r"\s*(?:\[(?P<list>\[)?\s*(?P<table>[\w.-]+)\s*\]|(?P<key>[\w-]+)\s*[.=])", re.ASCII
)
_EXPECTED = re.compile(rf"Expected `(?P<kind>{'|'.join(_KINDS)})(?: \| null)?`, got .*")


def load_config(path: Path | None) -> Config:
    """Read and check a configuration file.

    Args:
        path: the file; None for no file, which is all defaults.

    Returns:
        Checked values.

    Raises:
        ConfigError: it cannot be read, or something in it is not allowed.
    """
    if path is None:
        return Config()
    try:
        content = _read(path)
    except OSError as error:
        remedy = "Is the name right?" if isinstance(error, FileNotFoundError) else ""
        raise ConfigError(f"{path}: {error.strerror}. {remedy}".strip()) from error
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}: line {line}: this is not UTF-8 text.") from error
    return parse_config(text, str(path))


def _read(path: Path) -> bytes:
    with open(path, "rb", opener=_without_waiting) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ConfigError(f"{path}: this is not a regular file.")
        content = file.read(_LARGEST_BYTES + 1)
    if len(content) > _LARGEST_BYTES:
        raise ConfigError(f"{path}: more than 1 MB; this is no configuration file.")
    return content


def _without_waiting(path: str, flags: int) -> int:
    # Opening a FIFO that nobody writes would wait for ever.
    return os.open(path, flags | os.O_NONBLOCK)


def parse_config(text: str, name: str) -> Config:
    """Check the text of a configuration file.

    Args:
        text: TOML.
        name: of the file, for messages.

    Returns:
        Checked values.

    Raises:
        ConfigError: something in it is not allowed.
    """
    try:
        table = tomllib.loads(text)
    except RecursionError as error:
        raise ConfigError(f"{name}: nested too deeply to be settings.") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name}: not valid TOML: {error}.") from error
    except ValueError as error:  # int() refuses 5,000 digits
        raise ConfigError(f"{name}: a number is too long to be a setting.") from error
    _refuse_unknown_keys(table, text, name)
    try:
        config = msgspec.convert(table, Config, dec_hook=decode)
    except msgspec.ValidationError as error:
        key, allowed = _explained(error)
        raise _refusal((text, name), table, key, allowed) from error
    refused = out_of_limits(config)
    if refused is not None:
        # Not from the file alone: a default may be what does not fit.
        values = {f"{part}.{name}": value for part, name, value, _ in settings(config)}
        raise _refusal((text, name), table | values, *refused)
    return config


def _refuse_unknown_keys(table: dict[str, object], text: str, name: str) -> None:
    """Msgspec refuses them too, but cannot say what was meant."""
    sections = {field.encode_name: field for field in msgspec.structs.fields(Config)}
    for section, content in table.items():
        _refuse_unless_in(sections, section, "", (text, name))
        if section == "plan":
            _refuse_unknown_keys_of_plans(content, (text, name))
        elif isinstance(content, dict):
            known = _keys(sections[section].type)
            for key in content:
                _refuse_unless_in(known, key, f"{section}.", (text, name))


def _refuse_unknown_keys_of_plans(plans: object, source: tuple[str, str]) -> None:
    for index, plan in enumerate(plans if isinstance(plans, list) else ()):
        if not isinstance(plan, dict):
            continue
        for key in plan:
            _refuse_unless_in(_keys(PlanTable), key, f"plan[{index}].", source)
        match = plan.get("match")
        for key in match if isinstance(match, dict) else ():
            _refuse_unless_in(_keys(Match), key, f"plan[{index}].match.", source)


def _keys(table: type[msgspec.Struct]) -> list[str]:
    return [field.encode_name for field in msgspec.structs.fields(table)]


def _refuse_unless_in(
    known: Iterable[str], key: str, prefix: str, source: tuple[str, str]
) -> None:
    if key in known:
        return
    text, name = source
    close = difflib.get_close_matches(key, known, n=1)
    meant = f" Did you mean {prefix}{close[0]}?" if close else ""
    place = f"[{prefix[:-1]}]" if prefix else "the file"
    if prefix.startswith("plan["):
        place = f"[{'.'.join(['plan', *prefix.split('.')[1:-1]])}]"
    raise ConfigError(
        f"{name}:{_line(text, prefix + key)} {prefix}{_quoted_key(key)}: unknown key."
        f"{meant} Allowed in {place}: {', '.join(known)}."
    )


def _explained(error: msgspec.ValidationError) -> tuple[str, str]:
    """The dotted key and what is allowed there, from msgspec's message."""
    allowed, _, path = str(error).partition(" - at `$")
    key = path.strip(".`")
    expected = _EXPECTED.fullmatch(allowed)
    if key == "plan":
        allowed = "a list of tables, each under a line [[plan]]"
    elif expected is not None:
        allowed = _KINDS[expected["kind"]]
    elif allowed.startswith("Invalid enum value"):
        allowed = CHOICES[key.rpartition(".")[2]]
    return key, allowed


def _found(table: Any, dotted: str) -> str:  # noqa: ANN401 - what TOML can hold
    """What stands in the file, as it would be written."""
    if dotted in table:  # a default that does not fit is not in the file
        return _shown(table[dotted])
    try:
        for step in re.findall(r"[^.\[\]]+", dotted):
            table = table[int(step)] if isinstance(table, list) else table[step]
    except KeyError:
        return _MISSING
    return _shown(table)


def _refusal(
    source: tuple[str, str], table: dict[str, object], key: str, allowed: str
) -> ConfigError:
    text, name = source
    shown = f"{key} = {_found(table, key)}".removesuffix(f" = {_MISSING}")
    return ConfigError(f"{name}:{_line(text, key)} {shown}: must be {allowed}.")


def _shown(found: object) -> str:
    text = json.dumps(found, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def _quoted_key(key: str) -> str:
    plain = re.fullmatch(r"[A-Za-z0-9_-]{1,60}", key)
    return key if plain else _shown(key)


def _line(text: str, dotted: str) -> str:
    """Where a setting or a table is, if it plainly stands there exactly once.

    The parser gives no positions. A wrong line is worse than none.
    """
    wanted = re.sub(r"\[[0-9]+\]$", "", dotted)
    current, found, lists = "", [], 0
    for number, line in enumerate(text.split("\n"), start=1):
        match = _HEADER_OR_KEY.match(line)
        if match is None:
            continue
        if match["list"]:
            current = f"{match['table']}[{lists}]"
            lists += 1
        elif match["table"]:
            # A table below the newest entry of a list: [plan.match].
            first, dot, rest = match["table"].partition(".")
            current = f"{first}[{lists - 1}].{rest}" if dot else first
        path = current
        if match["key"]:
            path = f"{current}.{match['key']}".lstrip(".")
        if path == wanted:
            found.append(number)
    return f" line {found[0]}:" if len(found) == 1 else ""
