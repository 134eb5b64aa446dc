"""Characters that would be obeyed, or not be seen, made visible.

Process names, paths and unit names are chosen by whoever wrote the program: they may
hold escape sequences, newlines, right-to-left overrides or invalid UTF-8.
"""

from __future__ import annotations

_ESCAPED_BYTES = range(0xDC80, 0xDD00)
_BYTE = 0xFF
_BMP = 0xFFFF


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
