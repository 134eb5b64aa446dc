"""How loudly each kind of alert is told by itself, and which takes whose place.

`rules` of a person may say otherwise. Urgency is what desktops act on: what is critical
stays on the screen, also over a film and through "do not disturb". So critical is only
what costs from this moment on, low what can wait, and the rest is normal.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.alerts import model
from monitor.notifiers.notice import ANSWER, TEST

if TYPE_CHECKING:
    from monitor.notifiers.notice import Notice


class Urgency(IntEnum):
    """As the Desktop Notifications Specification numbers it."""

    LOW = 0
    NORMAL = 1
    CRITICAL = 2


class Manner(NamedTuple):
    """How a kind is told.

    Attributes:
        urgency: how loudly.
        place: the kind in whose place it is shown, of the same subject; empty for its
            own.
        is_passing: whether it says nothing any more when it was not seen at once, so
            that the desktop need not keep it. An alert is kept: who was away must
            find it.
    """

    urgency: Urgency = Urgency.NORMAL
    place: str = ""
    is_passing: bool = False


_PLAIN: Final = Manner()
_MANNERS: Final = {
    # Every further byte costs, or nothing works any more.
    model.DATA_LIMIT: Manner(Urgency.CRITICAL, model.DATA_WARNING),
    model.OVERAGE_BLOCK: Manner(Urgency.CRITICAL),
    model.EXPIRY_EXPIRED: Manner(Urgency.CRITICAL, model.EXPIRY_SOON),
    # Data abroad may cost a hundred times as much.
    model.ROAMING_UNCOVERED: Manner(Urgency.CRITICAL),
    model.NETWORK_ROAMING: Manner(Urgency.CRITICAL),
    # Too late for anything: the plan was never begun.
    model.EXPIRY_LAPSED: Manner(place=model.ACTIVATION_DEADLINE),
    # Of last night; nothing happens now.
    model.BACKGROUND_USE: Manner(Urgency.LOW),
    # The carrier counts otherwise: good to know, and no hurry.
    model.SYNC_DRIFT: Manner(Urgency.LOW),
    # An offer, as long as one is there.
    model.WIFI_IN_RANGE: Manner(Urgency.LOW, is_passing=True),
    # What came of a click, and a test: who asked is looking.
    ANSWER: Manner(is_passing=True),
    TEST: Manner(is_passing=True),
}


def manner_of(kind: str) -> Manner:
    """How a kind is told; normal for one that is not known.

    Args:
        kind: of alert.
    """
    return _MANNERS.get(kind, _PLAIN)


def urgency_of(notice: Notice) -> Urgency:
    """How loudly something is told.

    Args:
        notice: what is shown.
    """
    own = manner_of(notice.kind).urgency
    return own if notice.urgency is None else notice.urgency


def place_of(kind: str, subject: str) -> str:
    """What a newer notification has in common with the one that it replaces.

    Args:
        kind: of alert.
        subject: what it is about.

    Returns:
        Empty for what stands alone.
    """
    return f"{manner_of(kind).place or kind}/{subject}" if subject else ""
