"""Inputs nearly like good ones: bytes, texts and trees, spoilt at some places.

All chance is from one generator, so that an input comes again with its seed.
"""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

LONGEST_BYTES: Final = 200_000
"""Of what is made longer and longer; a good input may be longer."""
_WORDS: Final = (
    *(b"\0", b"\xff", b"\r", b"\n", b" ", b"-1", b"0", b"1e999", b"NaN", b"\\", b'"'),
    *(b"\x80", b"\xed\xa0\x80", "\u2028".encode(), "\u202e".encode(), b"\x1b[31m"),
    *(b"../", b"/", b"%s", b"<b>", b"[" * 2_000, b"(" * 500, b"9" * 5_000, b"\x1c"),
    *(b"18446744073709551616", b"-9223372036854775809", b"9999-12-31", b"\xc3"),
)
ODD: Final[tuple[Any, ...]] = (
    *(None, True, False, 0, -1, 1, 255, 2**31, 2**63, -(2**63), 2**64, 10**30, 1.5),
    *("", " ", "\0", "\ud800", "x" * 5_000, "\u202e", "\n", "\x1b[2J", "/", "..", "-"),
    *(float("inf"), float("-inf"), float("nan"), [], {}, [[]], {"": []}, [None], "v"),
    *("9999-12-31T23:59:59Z", "0001-01-01", "1970-01-01T00:00:00Z", "a=b", "<i>"),
)


def spoilt(chance: Random, good: bytes, words: Sequence[bytes] = ()) -> bytes:
    """Bytes with one to eight changes.

    Args:
        chance: decides.
        good: what is changed.
        words: put in now and then; what the reader of it knows.
    """
    found = bytearray(good)
    for _ in range(1 << chance.randrange(4)):
        chance.choice(_CHANGES)(chance, found, words)
        del found[max(LONGEST_BYTES, 2 * len(good)) :]
    return bytes(found)


def _at(chance: Random, found: bytearray) -> int:
    return chance.randrange(len(found) + 1)


def _flip(chance: Random, found: bytearray, _: Sequence[bytes]) -> None:
    if found:
        found[chance.randrange(len(found))] ^= 1 << chance.randrange(8)


def _byte(chance: Random, found: bytearray, _: Sequence[bytes]) -> None:
    if found:
        found[chance.randrange(len(found))] = chance.choice((0, 1, 127, 128, 254, 255))


def _number(chance: Random, found: bytearray, _: Sequence[bytes]) -> None:
    """Lengths and counts are two, four or eight bytes in the order of this machine."""
    size = chance.choice((2, 4, 8))
    value = chance.choice((0, 1, 3, 4, 5, 2 ** (8 * size - 1), 2 ** (8 * size) - 1))
    at = _at(chance, found)
    at -= at % 2
    found[at : at + size] = value.to_bytes(size, chance.choice(("little", "big")))


def _cut(chance: Random, found: bytearray, _: Sequence[bytes]) -> None:
    at = _at(chance, found)
    del found[at : at + chance.choice((1, 2, 4, 16, len(found)))]


def _insert(chance: Random, found: bytearray, words: Sequence[bytes]) -> None:
    at = _at(chance, found)
    found[at:at] = chance.choice((*_WORDS, *words, *words, *words))


def _overwrite(chance: Random, found: bytearray, words: Sequence[bytes]) -> None:
    word = chance.choice((*words, *_WORDS))
    at = _at(chance, found)
    found[at : at + len(word)] = word


def _repeat(chance: Random, found: bytearray, _: Sequence[bytes]) -> None:
    at = _at(chance, found)
    piece = bytes(found[at : at + chance.choice((1, 4, 16, 64, 1_000))])
    found[at:at] = piece * chance.choice((1, 2, 10, 100))


def _move(chance: Random, found: bytearray, _: Sequence[bytes]) -> None:
    at, to = _at(chance, found), _at(chance, found)
    piece = bytes(found[at : at + chance.randrange(1, 64)])
    found[to:to] = piece


_CHANGES: Final[Sequence[Callable[[Random, bytearray, Sequence[bytes]], None]]] = (
    *(_flip, _byte, _number, _cut, _insert, _overwrite, _repeat, _move),
)


def spoilt_tree(chance: Random, good: Any, odd: Sequence[Any] = ODD) -> Any:  # noqa: ANN401 - any tree
    """A tree of lists, tuples and dictionaries with one to four changes.

    Args:
        chance: decides.
        good: what is changed; it stays as it is.
        odd: values that are put in.
    """
    found = copy.deepcopy(good)
    for _ in range(chance.randrange(1, 5)):
        found = _spoil(chance, found, odd)
    return found


def _spoil(chance: Random, tree: Any, odd: Sequence[Any]) -> Any:  # noqa: ANN401 - as above; a kind each
    """One change somewhere; the deeper the likelier."""
    if not tree or chance.random() < 0.1 or not isinstance(tree, dict | list | tuple):
        return copy.deepcopy(chance.choice(odd))
    if isinstance(tree, dict):
        return _spoil_names(chance, dict(tree), odd)
    items = list(tree)
    at = chance.randrange(len(items))
    match chance.randrange(8):
        case 0:
            del items[at]
        case 1:
            items[at:at] = [items[at]] * chance.choice((1, 2, 300))
        case _:
            items[at] = _spoil(chance, items[at], odd)
    return tuple(items) if isinstance(tree, tuple) else items


def _spoil_names(chance: Random, found: dict[Any, Any], odd: Sequence[Any]) -> Any:  # noqa: ANN401 - as above
    name = chance.choice(list(found))
    match chance.randrange(8):
        case 0:
            del found[name]
        case 1:
            other = chance.choice([each for each in odd if _is_name(each)])
            found[other] = found.pop(name)
        case _:
            found[name] = _spoil(chance, found[name], odd)
    return found


def _is_name(value: object) -> bool:
    return isinstance(value, str | int | None)


def spoilt_json(chance: Random, good: Any) -> bytes:  # noqa: ANN401 - any tree
    """The same as JSON, as Python writes it: NaN and lone surrogates included.

    Args:
        chance: decides.
        good: a document.
    """
    tree = _with_names(spoilt_tree(chance, good))
    text = json.dumps(tree, ensure_ascii=chance.random() < 0.5)
    return text.encode("utf-8", "surrogatepass")


def _with_names(tree: Any) -> Any:  # noqa: ANN401 - as above
    """JSON knows texts as names only."""
    if isinstance(tree, dict):
        return {str(name): _with_names(each) for name, each in tree.items()}
    return [_with_names(each) for each in tree] if isinstance(tree, list) else tree
