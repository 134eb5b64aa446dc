"""Strings from outside made safe and aligned for a terminal."""

from __future__ import annotations

import unicodedata

from monitor.escapes import visible

__all__ = ["columns", "fit", "visible"]

_WIDE = ("W", "F")
# A stack of combining marks takes no width, but a name must not grow without end.
_MARKS_PER_COLUMN = 4


def columns(text: str) -> int:
    """How many columns of a terminal a text takes.

    Args:
        text: printable characters.

    Returns:
        2 for each wide character of East Asia, 0 for each combining mark, else 1.
    """
    if text.isascii():
        return len(text)
    return sum(_character_columns(each) for each in text)


def _character_columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in _WIDE else 1


def fit(text: str, width: int, ellipsis: str = "…") -> str:
    """Cut a text to a width and pad it to exactly that width.

    Args:
        text: printable characters.
        width: columns, at least those of the ellipsis.
        ellipsis: stands for what was cut.

    Returns:
        A text of exactly that width.
    """
    if columns(text) > width or len(text) > width * _MARKS_PER_COLUMN:
        room = width - columns(ellipsis)
        kept = ""
        for character in text[: width * _MARKS_PER_COLUMN]:
            room -= _character_columns(character)
            if room < 0:
                break
            kept += character
        text = kept + ellipsis
    return text + " " * (width - columns(text))
