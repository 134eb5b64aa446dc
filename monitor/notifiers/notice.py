"""What is shown to a person, by whatever way, and what may be clicked on in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.alerts.model import DATA_LIMIT, DATA_WARNING

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitor.alerts import Key, Raised
    from monitor.notifiers.manners import Urgency

ANSWER: Final = "answer"
"""The kind of what is no alert: what came of a click."""
TEST: Final = "test"
"""The kind of what is no alert: whether telling works."""
_OF_A_QUOTA: Final = (DATA_WARNING, DATA_LIMIT)


class Question(NamedTuple):
    """Answers to choose from.

    Attributes:
        answers: what is on the buttons.
        take: called with the one that was clicked, in a thread of its own.
    """

    answers: tuple[str, ...]
    take: Callable[[str], None]


class Notice(NamedTuple):
    """Something to show; all texts are hostile.

    Attributes:
        title: one line.
        body: lines.
        kind: of alert; empty for none.
        subject: what the alert is about. A later one about it takes the place of this.
        percent: of a quota used; None where it is not about one.
        question: what a person may click on.
        urgency: how loudly; None for its kind's own.
    """

    title: str
    body: str
    kind: str = ""
    subject: str = ""
    percent: int | None = None
    question: Question | None = None
    urgency: Urgency | None = None


def notice_of(raised: Raised) -> Notice:
    """The words of an alert.

    Args:
        raised: the alert.
    """
    key, alert = raised.key, raised.alert
    return Notice(alert.title, alert.body, key.kind, key.subject, percent_of(key))


def percent_of(key: Key) -> int | None:
    """How much of a quota is used, as the alert's title has it.

    Args:
        key: of the alert.

    Returns:
        None where it is not about a quota.
    """
    is_percent = key.kind in _OF_A_QUOTA and key.step.isdecimal()
    return int(key.step) if is_percent else None
