"""Strings from outside made safe and aligned for a terminal.

Process names, paths and unit names are chosen by whoever wrote the program: they may
hold escape sequences, newlines, right-to-left overrides or invalid UTF-8.
"""

from __future__ import annotations

import unicodedata

_WIDE = ("W", "F")
_ESCAPED_BYTES = range(0xDC80, 0xDD00)
_BYTE = 0xFF
_BMP = 0xFFFF
# A stack of combining marks takes no width, but a name must not grow without end.
_MARKS_PER_COLUMN = 4


def visible(text: str) -> str:
    r"""Replace what a terminal would obey, or not show, by its escape.

    Args:
        text: from outside; bytes that are not UTF-8 as surrogateescape left them.

    Returns:
        Only printable characters: a newline is `\n`, ESC is `\x1b`, a right-to-left
        override is `\u202e`, an invalid byte is `\xff`. Backslashes stay as they are
        (systemd's unit names are full of them).
    """
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else _escape(each) for each in text)


def _escape(character: str) -> str:
    short = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(character)
    if short is not None:
        return short
    code = ord(character)
    if code in _ESCAPED_BYTES:
        code &= _BYTE
    if code <= _BYTE:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= _BMP else f"\\U{code:08x}"


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
