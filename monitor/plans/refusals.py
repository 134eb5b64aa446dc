"""What is wrong with what was written, and where: msgspec's words made ours.

`read` converts anything that JSON or TOML gave into checked values. A refusal reads
`config.plan.buckets[0].bytes = "ten": must be whole bytes, or a size such as "10 GB".`
"""

from __future__ import annotations

import difflib
import functools
import json
import re
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec
from msgspec import inspect

from monitor.errors import EsimmonError
from monitor.plans import values

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

T = TypeVar("T")

_LONGEST_SHOWN: Final = 60
_MISSING: Final = object()
_STEP = re.compile(r"\.?([^.\[\]]+)|\[([0-9]+|\.\.\.)\]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<key>.*)`", re.DOTALL)
_ABSENT = re.compile(r"Object missing required field `(?P<key>.*)`", re.DOTALL)
_EXPECTED = re.compile(r"Expected `(?P<kind>[^`]*)`(?P<rest>.*)", re.DOTALL)
_KINDS: Final = {
    "int": "a whole number",
    "str": "a text",
    "bool": "true or false",
    "object": "an object",
    "array": "a list",
    "date": 'a date such as "2026-11-20"',
}


class RefusedError(EsimmonError):
    """Something that was written is not allowed: where, what it is, what is allowed."""


class Doubled:
    """An object with a key that stands in it twice: good for nothing but a message."""

    def __init__(self, key: str) -> None:
        """Keep which one."""
        self.key = key


def refuse(place: str, found: object, allowed: str) -> RefusedError:
    """Say what is wrong with one value.

    Args:
        place: dotted, such as `config.plan.tz`.
        found: what stands there.
        allowed: reads after "must be".

    Returns:
        The error, to be raised.
    """
    if isinstance(found, Doubled):
        return RefusedError(f"{place}: the key {shown(found.key)} is there twice.")
    return RefusedError(f"{place} = {shown(found)}: must be {allowed}.")


def shown(found: object) -> str:
    """A value as it would be written, cut to what fits into a sentence."""
    if isinstance(found, (list, dict)) and found:
        return "[...]" if isinstance(found, list) else "{...}"
    if isinstance(found, str):
        found = found[: _LONGEST_SHOWN + 1]
    text = json.dumps(found, default=str)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def read(found: object, kind: type[T], place: str) -> T:
    """Check a value and everything in it.

    Args:
        found: what JSON or TOML gave.
        kind: what it is to be.
        place: what it is called, such as `config`.

    Returns:
        The checked value.

    Raises:
        RefusedError: something in it is not allowed.
    """
    try:
        return msgspec.convert(found, kind, dec_hook=values.decode)
    except msgspec.ValidationError as error:
        raise _explained(error, found, kind, place) from error
    except UnicodeEncodeError as error:  # a lone surrogate where msgspec compares
        where = next(_broken_texts(found, place), place)
        raise RefusedError(f"{where}: is no valid Unicode.") from error
    except RecursionError as error:
        raise RefusedError(f"{place}: nested too deeply.") from error


def _broken_texts(found: object, place: str) -> Iterator[str]:
    """Places of texts, or of keys, that have half of a surrogate pair in them."""
    if isinstance(found, str) and not found.isascii() and _SURROGATE.search(found):
        yield place
    elif isinstance(found, list):
        for index, each in enumerate(found):
            yield from _broken_texts(each, f"{place}[{index}]")
    elif isinstance(found, dict):
        for key, each in found.items():
            yield from _broken_texts(key, f"{place}, the key {shown(key)}")
            yield from _broken_texts(each, f"{place}.{key}".lstrip("."))


def _explained(
    error: msgspec.ValidationError, found: object, kind: object, place: str
) -> RefusedError:
    """Msgspec's message with our words, the value found, and what was meant."""
    text, _, path = str(error).rpartition(" - at `$")
    if not text:
        text, path = str(error), ""
    path = path.rstrip("`")
    nodes = [_described(kind)]
    for step in _STEP.finditer(path):
        key, index = step.groups()
        nodes = _below(nodes, found, key or int(index.strip(".") or 0))
        found = _inside(found, key or index)
    place = (place + path).lstrip(".")
    if (unknown := _UNKNOWN.fullmatch(text)) is not None:
        return _unknown_key(unknown["key"], _structs(nodes, found), place)
    if (absent := _ABSENT.fullmatch(text)) is not None:
        return RefusedError(f"{place}.{absent['key']}: is missing.".lstrip("."))
    return refuse(place, found, _allowed(text, nodes))


# A file may hold a million cases that are wrong.
@functools.cache
def _described(kind: object) -> inspect.Type:
    return inspect.type_info(kind)


def _unknown_key(
    key: str, structs: list[inspect.StructType], place: str
) -> RefusedError:
    known = [field.encode_name for each in structs for field in each.fields]
    tags = [each.tag_field for each in structs if each.tag_field]
    known = list(dict.fromkeys([*tags, *known]))
    close = difflib.get_close_matches(key[:_LONGEST_SHOWN], known, n=1)
    meant = f" Did you mean {close[0]}?" if close else ""
    return RefusedError(
        f"{place or 'case'}: unknown key {shown(key)}.{meant} "
        f"Allowed: {', '.join(known)}."
    )


def _allowed(text: str, nodes: list[inspect.Type]) -> str:
    """What is allowed, from a message about a value."""
    choices = [
        str(value)
        for node in nodes
        for value in (node.values if isinstance(node, inspect.LiteralType) else ())
    ]
    tags = [str(node.tag) for node in nodes if isinstance(node, inspect.StructType)]
    is_tag = text.startswith(("Invalid value", "Expected `str`"))
    if text.startswith("Invalid enum value") and choices:
        return f"one of {', '.join(choices)}"
    if is_tag and any(tags):
        return f"one of {', '.join(tags)}"
    if text.endswith("encoded date"):
        return _KINDS["date"]
    expected = _EXPECTED.fullmatch(text)
    if expected is None:
        return text.removeprefix("Invalid ")
    kinds = (_KINDS.get(each, each) for each in expected["kind"].split(" | "))
    bound = expected["rest"].partition(", got")[0].strip()
    for sign, word in ((">=", "from"), ("<=", "at most")):
        bound = bound.replace(sign, word)
    return f"{' or '.join(kinds)} {bound}".strip()


def _below(
    nodes: Iterable[inspect.Type], found: object, step: str | int
) -> list[inspect.Type]:
    """The types that may stand one step further down."""
    if isinstance(step, int):
        return list(_flat(_item(node, step) for node in _flat(nodes)))
    structs = _structs(nodes, found)
    if any(each.tag_field == step for each in structs):
        return [*structs]  # for their tags
    fields = [field for each in structs for field in each.fields]
    return list(_flat(each.type for each in fields if each.encode_name == step))


def _item(node: inspect.Type, index: int) -> inspect.Type:
    match node:
        case inspect.VarTupleType() | inspect.ListType():
            return node.item_type
        case inspect.TupleType() if index < len(node.item_types):
            return node.item_types[index]
        case inspect.StructType() if node.array_like and index < len(node.fields):
            return node.fields[index].type
        case inspect.DictType():
            return node.value_type
        case _:
            return inspect.AnyType()


def _flat(nodes: Iterable[inspect.Type]) -> Iterable[inspect.Type]:
    for node in nodes:
        if isinstance(node, inspect.UnionType):
            yield from _flat(node.types)
        elif isinstance(node, inspect.Metadata):
            yield from _flat([node.type])
        else:
            yield node


def _structs(nodes: Iterable[inspect.Type], found: object) -> list[inspect.StructType]:
    """The objects that a value may be; of many, that of its kind."""
    structs = [node for node in _flat(nodes) if isinstance(node, inspect.StructType)]
    if isinstance(found, dict):
        named = [each for each in structs if found.get(each.tag_field) == each.tag]
        structs = named if len(structs) > 1 and named else structs
    return structs


def _inside(found: object, step: str) -> object:
    if isinstance(found, list) and step.isdigit():
        return found[int(step)]
    return found.get(step) if isinstance(found, dict) else None
