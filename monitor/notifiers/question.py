"""What a person may click on in a notification."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


class Question(NamedTuple):
    """Answers to choose from.

    Attributes:
        answers: what is on the buttons.
        take: called with the one that was clicked, in a thread of its own.
    """

    answers: tuple[str, ...]
    take: Callable[[str], None]
