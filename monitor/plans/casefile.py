"""The text of a case file: bounded, and read one case at a time.

A file is `{"cases": [...]}`. The standard decoder is used, element by element: a case
with a lone surrogate or a NaN in it is that case's own fault and not the file's, and
memory holds the text and one case, not all of them.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Final, NoReturn

from monitor.errors import EsimmonError
from monitor.plans.refusals import Doubled

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST_BYTES: Final = 64_000_000
"""Of a file."""
MOST_VALUES: Final = 8_000_000
"""Of a file; in the worst case each takes 70 bytes of memory."""
MOST_CASES: Final = 1_000_000
_LONGEST_NUMBER: Final = 100

_BLANKS = re.compile(r"[ \t\n\r]*")


class CaseFileError(EsimmonError):
    """A case file cannot be used at all."""


def cases_in(text: str, name: str) -> Iterator[object]:
    """Read the cases of a file.

    Args:
        text: of the file.
        name: of the file, for messages.

    Yields:
        Each case as JSON gives it, in the order of the file. What is no whole number
        is a float, which nothing in a case may be.

    Raises:
        CaseFileError: the file is no JSON, or no object with a list of cases.
    """
    walk = _Walk(text, name)
    found = False
    for key in walk.pairs():
        if key != "cases":
            walk.value()
            continue
        if found:
            raise CaseFileError(f'{name}: "cases" is there twice.')
        found = True
        yield from walk.elements()
    walk.end()
    if not found:
        raise CaseFileError(f'{name}: has no "cases": {_SHAPE}')


def refuse_large(text: str, name: str) -> None:
    """Refuse what would not fit into memory.

    Args:
        text: of the file.
        name: of the file, for messages.

    Raises:
        CaseFileError: there are too many values in it.
    """
    # Each value but the first of its kind follows one of these.
    if sum(text.count(mark) for mark in ",[{") > MOST_VALUES:
        raise CaseFileError(
            f"{name}: too many values, at most {MOST_VALUES:,} are read. Split it."
        )


_SHAPE: Final = 'a case file is {"cases": [...]}, see esimmon plan simulate --help.'


class _Walk:
    """One pass through the text."""

    def __init__(self, text: str, name: str) -> None:
        self._text = text
        self._name = name
        self._at = 0
        self._decoder = json.JSONDecoder(object_pairs_hook=_object, parse_int=_whole)

    def pairs(self) -> Iterator[object]:
        """The keys of the file's object; the caller reads each value."""
        if self._next() != "{":
            raise CaseFileError(f"{self._name}: {_SHAPE}")
        self._at += 1
        if self._next() == "}":
            self._at += 1
            return
        while True:
            key = self.value()
            if not isinstance(key, str) or self._next() != ":":
                self._refuse()
            self._at += 1
            yield key
            if self._is_last("}"):
                return

    def elements(self) -> Iterator[object]:
        """The elements of a list."""
        if self._next() != "[":
            raise CaseFileError(f'{self._name}: "cases" is no list: {_SHAPE}')
        self._at += 1
        if self._next() == "]":
            self._at += 1
            return
        for _ in range(MOST_CASES):
            yield self.value()
            if self._is_last("]"):
                return
        raise CaseFileError(
            f"{self._name}: too many cases, at most {MOST_CASES:,} are answered."
        )

    def value(self) -> object:
        """Any value."""
        self._next()
        try:
            found, self._at = self._decoder.raw_decode(self._text, self._at)
        except json.JSONDecodeError as error:
            self._at = error.pos
            self._refuse()
        except RecursionError as error:
            raise CaseFileError(
                f"{self._name}: nested too deeply{self._place()}."
            ) from error
        return found

    def end(self) -> None:
        """Nothing may follow."""
        if self._next():
            self._refuse()

    def _next(self) -> str:
        """The next character that is no blank."""
        match = _BLANKS.match(self._text, self._at)
        self._at = match.end() if match else self._at
        return self._text[self._at : self._at + 1]

    def _is_last(self, closing: str) -> bool:
        mark = self._next()
        if mark not in (",", closing):
            self._refuse()
        self._at += 1
        return mark == closing

    def _place(self) -> str:
        line = self._text.count("\n", 0, self._at) + 1
        column = self._at - self._text.rfind("\n", 0, self._at)
        return f" at line {line}, column {column}"

    def _refuse(self) -> NoReturn:
        raise CaseFileError(f"{self._name}: not JSON{self._place()}.")


def _whole(digits: str) -> int | float:
    """A number; one of very many digits is none of anything, and int() is slow."""
    return int(digits) if len(digits) <= _LONGEST_NUMBER else float(digits)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object] | Doubled:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    keys = Counter(key for key, _ in pairs)
    return Doubled(keys.most_common(1)[0][0])
