"""What a setting may be, in words, from the types that read it.

Asked only when something is wrong: the types are looked through anew each time.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from msgspec import inspect

from monitor.config.decoding import decode

if TYPE_CHECKING:
    from collections.abc import Iterator

_STEP = re.compile(r"([^.\[\]]+)|\[([0-9]+)\]")
_PLAIN: Final[dict[type[inspect.Type], str]] = {
    inspect.BoolType: "true or false",
    inspect.IntType: "a whole number",
    inspect.StrType: "text in quotes",
    inspect.DateType: 'a date, such as "2026-11-20"',
    inspect.StructType: "a table",
    inspect.VarTupleType: "a list",
}


def steps(dotted: str) -> list[str | int]:
    """The keys and positions of a dotted key, such as `plan[0].match.interface`.

    Args:
        dotted: without blanks.

    Returns:
        Names and numbers.
    """
    found = _STEP.findall(dotted)
    return [name or int(position) for name, position in found]


def allowed_at(kind: type, table: object, dotted: str) -> str:
    """What may stand at a place.

    Args:
        kind: of the whole table.
        table: what was found.
        dotted: the place.

    Returns:
        To be read after "must be".
    """
    path = steps(dotted)
    node, found = _walk(inspect.type_info(kind), table, path)
    if node is None:
        parent, _ = _walk(inspect.type_info(kind), table, path[:-1])
        return _words([each.tag for each in _structs(parent) if each.tag])
    for each in _parts(node):
        if isinstance(each, inspect.IntType) and each.le and _is_int(found):
            return f"from {each.ge} to {each.le}"
    return _sentence(node)


def keys_at(kind: type, table: object, dotted: str) -> list[str]:
    """The keys that a table may have.

    Args:
        kind: of the whole table.
        table: what was found.
        dotted: the place of the inner table; empty for the whole.

    Returns:
        In the order in which they are documented.
    """
    node, found = _walk(inspect.type_info(kind), table, steps(dotted))
    if node is None:
        return []
    struct = next(_fitting(node, found), None)
    if struct is None:
        return []
    tag = [struct.tag_field] if struct.tag_field else []
    return tag + [field.encode_name for field in struct.fields]


def _walk(
    node: inspect.Type,
    found: Any,  # noqa: ANN401 - what TOML can hold
    path: list[str | int],
) -> tuple[inspect.Type | None, Any]:
    for step in path:
        inner: inspect.Type | None = None
        if isinstance(step, int):
            lists = (each for each in _parts(node) if _is(each, inspect.VarTupleType))
            inner = next((each.item_type for each in lists), None)  # type: ignore[attr-defined]
            found = found[step] if isinstance(found, list) else None
        else:
            for struct in _fitting(node, found):
                named = (f.type for f in struct.fields if f.encode_name == step)
                inner = inner or next(named, None)
            found = found.get(step) if isinstance(found, dict) else None
        if inner is None:
            return None, found
        node = inner
    return node, found


def _fitting(node: inspect.Type, found: object) -> Iterator[inspect.StructType]:
    """The tables that may be meant by what was found, by their tag if they have one."""
    for each in _structs(node):
        tag = found.get(each.tag_field) if isinstance(found, dict) else None
        if each.tag is None or tag is None or tag == each.tag:
            yield each


def _structs(node: inspect.Type | None) -> Iterator[inspect.StructType]:
    for each in _parts(node) if node is not None else ():
        if isinstance(each, inspect.StructType):
            yield each


def _parts(node: inspect.Type) -> tuple[inspect.Type, ...]:
    return node.types if isinstance(node, inspect.UnionType) else (node,)


def _is(node: inspect.Type, kind: type[inspect.Type]) -> bool:
    return isinstance(node, kind)


def _is_int(found: object) -> bool:
    return isinstance(found, int) and not isinstance(found, bool)


def _sentence(node: inspect.Type) -> str:
    sentences = dict.fromkeys(
        _one(each) for each in _parts(node) if not _is(each, inspect.NoneType)
    )
    return " or ".join(sentences)


def _one(node: inspect.Type) -> str:
    if isinstance(node, inspect.LiteralType):
        return _words(list(node.values))
    if isinstance(node, inspect.CustomType):
        try:
            decode(node.cls, object())
        except ValueError as error:
            return str(error)
    return _PLAIN[type(node)]


def _words(words: list[Any]) -> str:
    *most, last = [f'"{each}"' for each in words]
    return f"{', '.join(most)} or {last}" if most else last
