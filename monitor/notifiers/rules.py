"""How loudly, and by which channels, a person wants to hear of each kind. Pure.

The daemon decides, for only it need read the configuration, and says so with each alert
that is pending; `quiet` says when it is told.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from monitor.notifiers.manners import Urgency, manner_of
from monitor.notifiers.quiet import DayTimes, waits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DESKTOP: Final = "desktop"
PUSH: Final = "push"
CHANNELS: Final = (DESKTOP, PUSH)
"""The log and the list of alerts are none: they always have everything."""
URGENCIES: Final = {each.name.lower(): each for each in Urgency}
"""By the words that a person writes."""


class Rule(Protocol):
    """What a person wants of some kinds of alerts."""

    @property
    def kinds(self) -> Sequence[str]:
        """Shell patterns of them."""

    @property
    def urgency(self) -> str | None:
        """One of `URGENCIES`; None for that of each kind."""

    @property
    def channels(self) -> Sequence[str]:
        """Some of `CHANNELS`, or none of them."""


class Verdict(NamedTuple):
    """How an alert is told.

    Attributes:
        urgency: how loudly; what is critical does not wait.
        channels: by which.
    """

    urgency: Urgency
    channels: tuple[str, ...] = CHANNELS


class Wishes(NamedTuple):
    """What a person wants of all alerts.

    Attributes:
        quiet: when they wait.
        rules: the first that matches a kind decides.
    """

    quiet: DayTimes = DayTimes()
    rules: Sequence[Rule] = ()

    def verdict(self, kind: str) -> Verdict:
        """How a kind of alert is told.

        Args:
            kind: of alert.
        """
        own = manner_of(kind).urgency
        for rule in self.rules:
            if any(fnmatchcase(kind, pattern) for pattern in rule.kinds):
                wanted = own if rule.urgency is None else URGENCIES[rule.urgency]
                return Verdict(wanted, tuple(rule.channels))
        return Verdict(own)

    def is_due(self, kind: str, channel: str, minute: int) -> bool:
        """Whether a kind of alert is told now.

        Args:
            kind: of alert.
            channel: by which.
            minute: of the local day, from 0.
        """
        urgency, channels = self.verdict(kind)
        return channel in channels and not waits(urgency, self.quiet, minute)


def described(verdict: Verdict) -> dict[str, object]:
    """A verdict as the daemon says it.

    Args:
        verdict: on one alert.
    """
    return {
        "urgency": verdict.urgency.name.lower(),
        "channels": list(verdict.channels),
    }


def read(found: Mapping[str, object], kind: str) -> Verdict:
    """The verdict that a daemon gave.

    Args:
        found: what it said of an alert.
        kind: of the alert.

    Returns:
        The kind's own where the daemon is older than such verdicts.
    """
    urgency, channels = str(found.get("urgency")), found.get("channels", CHANNELS)
    known = channels if isinstance(channels, list | tuple) else CHANNELS
    return Verdict(
        URGENCIES.get(urgency, manner_of(kind).urgency),
        tuple(each for each in CHANNELS if each in known),
    )
