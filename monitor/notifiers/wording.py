"""Hostile texts as a desktop may have them."""

from __future__ import annotations

from typing import Final

from monitor.escapes import visible

# As html.escape does it, whose table of all entities would cost half a megabyte.
_MARKUP: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_LONGEST_TITLE: Final = 120
_LONGEST_BODY: Final = 1000


def title_of(text: str) -> str:
    """One line, which no desktop reads as markup.

    Args:
        text: hostile.
    """
    return _cut(visible(text), _LONGEST_TITLE)


def body_of(text: str, *, has_markup: bool) -> str:
    """Lines.

    Args:
        text: hostile.
        has_markup: whether who shows it reads markup.
    """
    shown = "\n".join(visible(line) for line in _cut(text, _LONGEST_BODY).split("\n"))
    return shown.translate(_MARKUP) if has_markup else shown


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}..."
