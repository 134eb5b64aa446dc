"""What each application moved in a window of the day so far, whether it counts or not.

A window is told at ticks from its start to its end, both included, so the one that has
just ended is kept beside the next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from monitor.plans.copying import twin
from monitor.plans.localtime import NEVER
from monitor.plans.scopes import patterns
from monitor.plans.straddling import Flow
from monitor.plans.windows import occurrences
from monitor.usage import Interval

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from monitor.plans.samples import Sample
    from monitor.plans.terms import Background

_DAY_S = 86_400


class Night(NamedTuple):
    """One window.

    Attributes:
        window: the interval.
        apps: bytes in both directions by application, without those allowed.
    """

    window: Interval
    apps: dict[str, int]


class Nights:
    """Raw bytes by application and window."""

    __slots__ = ("_is_allowed", "_known_s", "_nights", "_shut", "_terms", "_zone")

    def __init__(self, terms: Background, zone: ZoneInfo) -> None:
        """Take the window, and who may move what he likes in it."""
        self._terms = terms
        self._zone = zone
        self._is_allowed = patterns(terms.allow)
        self._nights: list[Night] = []
        self._known_s = -NEVER
        self._shut = Interval(NEVER, NEVER)

    def copy(self) -> Nights:
        """Nights that change apart from these."""
        nights = [Night(each.window, dict(each.apps)) for each in self._nights]
        return twin(self, _nights=nights)

    def add(self, flow: Flow, start_s: int, end_s: int) -> None:
        """Count a piece of a sample.

        Args:
            flow: of the sample.
            start_s: UTC second at which the piece begins.
            end_s: UTC second at which it ends.
        """
        until_s = max(end_s, start_s + 1)
        self._look(start_s, until_s)
        app = flow.sample.app
        if app is None or self._is_allowed(app):
            return
        for window, apps in self._nights:
            from_s, to_s = max(window.from_s, start_s), min(window.to_s, until_s)
            if from_s < to_s:
                apps[app] = apps.get(app, 0) + flow.moved(from_s, to_s)

    def add_whole(self, sample: Sample) -> None:
        """Count a sample; at once where no window is near.

        Args:
            sample: the whole.
        """
        shut = self._shut
        if not (shut.from_s <= sample.from_s and sample.to_s < shut.to_s):
            self.add(Flow(sample), sample.from_s, sample.to_s)

    def at(self, at_s: int) -> list[Night]:
        """The windows that are to be told about.

        Args:
            at_s: UTC seconds.

        Returns:
            Those from whose start to whose end the instant is, both included.
        """
        return [
            each
            for each in self._nights
            if each.window.from_s <= at_s <= each.window.to_s
        ]

    def _look(self, start_s: int, until_s: int) -> None:
        """Know the windows that a piece meets, and how long none is open."""
        if until_s > self._known_s:
            self._work_out(start_s, until_s)
        begun = max(
            (
                night.window.to_s
                for night in self._nights
                if night.window.from_s <= start_s
            ),
            default=start_s,
        )
        ahead = (
            night.window.from_s
            for night in self._nights
            if night.window.from_s > start_s
        )
        self._shut = Interval(max(begun, start_s), min(ahead, default=self._known_s))

    def _work_out(self, start_s: int, until_s: int) -> None:
        """Windows of the next time, and none that is long over."""
        known = {night.window for night in self._nights}
        ahead = occurrences(
            self._terms.window, self._zone, Interval(start_s, until_s + _DAY_S)
        )
        self._nights = [
            night for night in self._nights if night.window.to_s >= start_s
        ] + [Night(window, {}) for window in ahead if window not in known]
        self._known_s = until_s + _DAY_S
