"""What an address asks for: `?period=month&network=KEY`, checked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.errors import UsageError
from monitor.escapes import visible
from monitor.usage import Interval
from monitor.views.periods import parse_period

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

_NAMES: Final = ("period", "from", "to", "network", "plan")
_TODAY: Final = "today"
_SECOND: Final = re.compile(r"[0-9]{1,11}", re.ASCII)
_LATEST_S: Final = 253_402_300_799  # 9999-12-31T23:59:59Z, the last one of datetime
# Up to so many seconds in bars of that; some hundred of them fit a screen.
_STEPS: Final = ((6 * 3600, "5min"), (8 * 86_400, "hour"), (400 * 86_400, "day"))
_LONGEST_S: Final = 20 * 366 * 86_400


class Asked(NamedTuple):
    """What a page wants to show.

    Attributes:
        period: half-open, UTC seconds.
        networks: keys; empty for all.
        plan: only what this plan pays for; None for all.
    """

    period: Interval
    networks: frozenset[str]
    plan: str | None

    @property
    def step(self) -> str:
        """What the graph of the period has a bar for, as `views.parts` names it."""
        length_s = self.period.to_s - self.period.from_s
        return next((step for most_s, step in _STEPS if length_s <= most_s), "month")


def asked_of(pairs: Iterable[tuple[str, str]], now_s: int, zone: ZoneInfo) -> Asked:
    """Read the query of an address.

    Args:
        pairs: names and values, in order.
        now_s: UTC second.
        zone: whose days are meant.

    Returns:
        What is asked for; today, where no period is named.

    Raises:
        UsageError: it makes no sense.
    """
    found: dict[str, str] = {}
    for name, value in pairs:
        if name not in _NAMES or name in found:
            raise UsageError(f'"{visible(name)}" is asked twice, or means nothing.')
        found[name] = value
    network = found.get("network")
    return Asked(
        period=_period(found, now_s, zone),
        networks=frozenset([network] if network else ()),
        plan=found.get("plan") or None,
    )


def _period(found: dict[str, str], now_s: int, zone: ZoneInfo) -> Interval:
    if "from" not in found and "to" not in found:
        period = parse_period(found.get("period", _TODAY), now_s, zone)
    elif "period" in found:
        raise UsageError("a period is named, or it is from and to: not both.")
    else:
        period = Interval(_second(found.get("from")), _second(found.get("to")))
    if not 0 < period.to_s - period.from_s <= _LONGEST_S:
        raise UsageError("the period is empty, or longer than 20 years.")
    return period


def _second(text: str | None) -> int:
    if text is None or not _SECOND.fullmatch(text) or int(text) > _LATEST_S:
        raise UsageError("from and to are UTC seconds, and go together.")
    return int(text)
