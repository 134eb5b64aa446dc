"""Changes of single keys in the file of a plan, or of a table of the configuration.

Comments and order stay.

The only importer of tomlkit: the standard library reads TOML and cannot write it.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any, Final

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT

from monitor.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tomlkit import TOMLDocument

_ODD: Final = (ValueError, LookupError, TypeError, AttributeError, RecursionError)


def with_keys(text: str, name: str, keys: Mapping[str, object]) -> str:
    """Set keys at the top of a file.

    Args:
        text: TOML that can be read.
        name: of the file, for messages.
        keys: new values; None removes the key.

    Returns:
        TOML.

    Raises:
        ConfigError: it is too odd to be changed without an editor.
    """

    def change(table: Any) -> None:  # noqa: ANN401 - a document, or plain values
        for key, value in keys.items():
            if value is None:
                table.pop(key, None)
            else:
                table[key] = value

    return _changed(text, name, change)


def with_table(
    text: str, name: str, table: str, keys: Mapping[str, object] | None
) -> str:
    """Set keys of a table; the others of that table stay.

    Args:
        text: TOML that can be read.
        name: of the file, for messages.
        table: its name.
        keys: new values; None removes the table.

    Returns:
        TOML.

    Raises:
        ConfigError: it is too odd to be changed without an editor.
    """

    def change(found: Any) -> None:  # noqa: ANN401 - a document, or plain values
        if keys is None:
            found.pop(table, None)
        elif table in found:
            found[table].update(keys)
        else:
            found[table] = dict(keys)

    return _changed(text, name, change)


def with_bind(text: str, name: str, bind: Mapping[str, object]) -> str:
    """Add a binding.

    Args:
        text: TOML that can be read.
        name: of the file, for messages.
        bind: its keys.

    Returns:
        TOML.

    Raises:
        ConfigError: it is too odd to be changed without an editor.
    """

    def change(table: Any) -> None:  # noqa: ANN401 - a document, or plain values
        is_plain = type(table) is dict
        if "bind" not in table:
            table["bind"] = [] if is_plain else tomlkit.aot()
        if is_plain:
            table["bind"].append(dict(bind))
            return
        of_lines = isinstance(table["bind"], AoT)
        added: Any = tomlkit.table() if of_lines else tomlkit.inline_table()
        added.update(bind)
        table["bind"].append(added)

    return _changed(text, name, change)


def with_bind_key(text: str, name: str, index: int, pair: tuple[str, str]) -> str:
    """Change one key of a binding.

    Args:
        text: TOML that can be read.
        name: of the file, for messages.
        index: which binding, from 0.
        pair: the key and its new value.

    Returns:
        TOML.

    Raises:
        ConfigError: it is too odd to be changed without an editor.
    """

    def change(table: Any) -> None:  # noqa: ANN401 - a document, or plain values
        key, value = pair
        table["bind"][index][key] = value

    return _changed(text, name, change)


def with_match(text: str, name: str, kind: str, value: str) -> str:
    """Let a plan pay for one more network.

    Args:
        text: TOML that can be read.
        name: of the file, for messages.
        kind: what the network is known by, as `[match]` has it.
        value: that; nothing is changed where it stands already.

    Returns:
        TOML.

    Raises:
        ConfigError: it is too odd to be changed without an editor.
    """

    def change(table: Any) -> None:  # noqa: ANN401 - a document, or plain values
        is_plain = type(table) is dict
        if "match" not in table:
            table["match"] = {} if is_plain else tomlkit.table()
        named = table["match"].setdefault(kind, [])
        if isinstance(named, str):  # a single one needs no list
            table["match"][kind] = [str(named)]
            named = table["match"][kind]
        if named is not True and value not in named:
            named.append(value)

    return _changed(text, name, change)


def _changed(text: str, name: str, change: Callable[[Any], None]) -> str:
    """Make a change in the text, and see that it is the change that was meant."""
    wanted = tomllib.loads(text)
    try:
        change(wanted)
        document: TOMLDocument = tomlkit.parse(text)
        change(document)
        changed = tomlkit.dumps(document)
        if tomllib.loads(changed) == wanted:
            return changed
    except (TOMLKitError, *_ODD):
        pass
    raise ConfigError(
        f"{name}: is written in a way that cannot be changed here. Change it by hand "
        "(a plan: esimmon plan edit, without options)."
    )
