"""Who looks at the database after each kill, and says which promise was broken.

Judged by the kernel's counters, by what the file said before, and by what was heard on
the bus and in the log; never by what esimmon says of itself.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.e2e.truth import Raw, raw
from tests.endurance.looking import Look, look

if TYPE_CHECKING:
    from pathlib import Path

    from tests.desktop.server import Server
    from tests.e2e.daemon import Daemon
    from tests.lab import Lab

PERCENTS = tuple(range(5, 100, 5))

_NOTHING = Look(Raw(0, 0), 0, Raw(0, 0), [], frozenset(), [], "")
_JOURNAL, _DESKTOP = "journal", "desktop"


@dataclass
class Figures:
    """What was counted in a series.

    Attributes:
        kills: of the daemon.
        starting: of them, before it had stored its first sample.
        moved_bytes: by the device, both ways, as the kernel counts.
        processes: whose bytes were compared with the wire.
        alerts: raised.
        logged_twice: of them, lines that came again, since a kill came between the line
            and the note of it.
        shown_twice: of them, notifications that came again, for the same reason.
        judged_later: looks at which usage was stored and its alert was not yet.
    """

    kills: int = 0
    starting: int = 0
    moved_bytes: int = 0
    processes: int = 0
    alerts: int = 0
    logged_twice: int = 0
    shown_twice: int = 0
    judged_later: int = 0

    def add(self, other: Figures) -> None:
        """Take in those of another series."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


@dataclass
class Witness:
    """Who looks.

    Attributes:
        lab: where bytes move.
        store: the database.
        aside: a folder for copies of it.
        server: shows notifications.
        before: the kernel's counters when the first daemon began.
        quota_bytes: of the plan.
        figures: so far.
    """

    lab: Lab
    store: Path
    aside: Path
    server: Server
    before: Raw
    quota_bytes: int
    figures: Figures = field(default_factory=Figures)
    _last: Look = _NOTHING
    _shown: int = 0
    _heard: Counter[str] = field(default_factory=Counter)
    _logged: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        """What was shown before is of another database."""
        self._shown = len(self.server.shown)

    def killed(self, daemon: Daemon) -> bool:
        """Look after a kill, before anybody else opens the database.

        Args:
            daemon: that was killed.

        Returns:
            Whether it had stored its first sample.

        Raises:
            AssertionError: a promise was broken.
        """
        seen = look(self.store, self.aside)
        has_counted = bool(daemon.shown())
        self.figures.kills += 1
        self.figures.starting += not has_counted
        self._judge_bill(seen)
        self._judge_alerts(seen, has_counted=has_counted)
        self._judge_log(seen, daemon)
        self._judge_bus(seen)
        self._last = seen
        self.figures.alerts = len(seen.alerts)
        return has_counted

    def _judge_bill(self, seen: Look) -> None:
        """What is stored is what the checkpoint says, and never more than there was."""
        moved = raw(self.lab.near) - self.before
        assert seen.flaw == ""
        assert seen.billed == seen.checkpoint - self.before, "bill and checkpoint"
        assert seen.billed.rx_bytes <= moved.rx_bytes, "more than the kernel counted"
        assert seen.billed.tx_bytes <= moved.tx_bytes, "more than the kernel counted"
        assert seen.billed.rx_bytes >= self._last.billed.rx_bytes, "less than before"
        assert seen.billed.tx_bytes >= self._last.billed.tx_bytes, "less than before"
        assert all(from_s <= to_s for from_s, to_s in seen.gaps), "a negative gap"
        assert seen.gaps[: len(self._last.gaps)] == self._last.gaps, "a lost gap"

    def _judge_alerts(self, seen: Look, *, has_counted: bool) -> None:
        """Each once; a threshold that was passed before a run is told of by it."""
        keys = [each.key for each in seen.alerts]
        assert len(keys) == len(set(keys)), f"raised twice: {sorted(keys)}"
        known = [each.key for each in self._last.alerts]
        assert keys[: len(known)] == known, "an alert was forgotten"
        assert seen.marks >= self._last.marks, "a mark was forgotten"
        if has_counted:
            missing = self._passed(self._last) - _marked(seen)
            assert not missing, f"nobody was told of {sorted(missing)} %"
        self.figures.judged_later += bool(self._passed(seen) - _marked(seen))

    def _passed(self, seen: Look) -> set[int]:
        """Percents that usage in the database has passed."""
        return {
            percent
            for percent in PERCENTS
            if seen.used_bytes * 100 >= percent * self.quota_bytes
        }

    def _judge_log(self, seen: Look, daemon: Daemon) -> None:
        """What was noted as logged is not logged again, nor twice by one daemon."""
        lines = Counter(daemon.said().splitlines())
        noted = {each.key for each in self._last.alerts if _JOURNAL in each.ways}
        for alert in seen.alerts:
            line = f"esimmon: {alert.title}. {' '.join(alert.body.splitlines())}"
            count = lines[line]
            assert count <= 1, f"one daemon logged twice: {line}"
            assert not (count and alert.key in noted), f"logged again: {line}"
            self._logged[alert.key] += count
            if _JOURNAL in alert.ways:
                assert self._logged[alert.key], f"never logged: {line}"

    def _judge_bus(self, seen: Look) -> None:
        """What was noted as shown is not shown again."""
        shown = [each.title for each in self.server.shown[self._shown :]]
        self._shown += len(shown)
        noted = {each.title for each in self._last.alerts if _DESKTOP in each.ways}
        open_ones = {each.title for each in seen.alerts} - noted
        for title in shown:
            assert title in open_ones, f"shown again, or of no alert: {title}"
            self._heard[title] += 1

    def finish(self, daemon: Daemon) -> None:
        """Sum up, once all was told.

        Args:
            daemon: the last one, after its clean end.

        Raises:
            AssertionError: a promise was broken.
        """
        seen = look(self.store, self.aside)
        self._judge_alerts(seen, has_counted=True)
        self._judge_log(seen, daemon)
        self._judge_bus(seen)
        missing = self._passed(seen) - _marked(seen)
        assert not missing, f"nobody was told of {sorted(missing)} %"
        for alert in seen.alerts:
            assert _JOURNAL in alert.ways, f"not in the log: {alert.title}"
        figures = self.figures
        figures.moved_bytes = sum(raw(self.lab.near) - self.before)
        figures.logged_twice = self._logged.total() - len(seen.alerts)
        figures.shown_twice = self._heard.total() - len(self._heard)


def _marked(seen: Look) -> set[int]:
    """Percents that are not told again."""
    keys = [key.split("/") for key in seen.marks]
    return {int(step) for kind, _, step, *_ in keys if kind == "data.warning"}
