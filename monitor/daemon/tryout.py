"""A test of telling: one alert that is none, announced to all who show alerts.

It goes the whole way that a real one goes (the log, this process's desktop, the agents
of users, the relay), and each says what came of it. It is stored nowhere, and held back
by no rule and no quiet hours.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from monitor import clock
from monitor.alerts import Alert, Key, Raised
from monitor.errors import UsageError
from monitor.notifiers import journal
from monitor.notifiers.courier import Courier
from monitor.notifiers.manners import Urgency
from monitor.notifiers.notice import TEST, notice_of
from monitor.notifiers.pending import AGENT, Pending, described
from monitor.notifiers.rules import DESKTOP, PUSH, Verdict
from monitor.users import user_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from monitor.notifiers.courier import Notifier

_LASTS_S: Final = 90.0
"""A relay has a minute to reach the Internet."""
_MOST_ANSWERS: Final = 64
_LONGEST_TEXT: Final = 200
_TITLE: Final = "esimmon: this is a test"
_BODY: Final = "Alerts about your data plans will look like this one."


class Listener(NamedTuple):
    """Who is told of alerts, as the daemon sees it.

    Attributes:
        uid: of the process.
        way: `agent` (a desktop), `push` (a relay), `list` (nobody is shown anything).
    """

    uid: int
    way: str


class Tryout:
    """The test that runs, or the last one."""

    def __init__(self) -> None:
        """Begin without one."""
        self._raised: Raised | None = None
        self._end_s = 0.0
        self._answers: list[dict[str, object]] = []
        self._courier: Courier | None = None

    def begin(
        self, listeners: Sequence[Listener], desktop: Notifier | None, uid: int
    ) -> dict[str, Any]:
        """Start a test; one that still runs is over.

        Args:
            listeners: who is connected.
            desktop: of this process; None without one.
            uid: of this process.

        Returns:
            The handle of the alert, and who will be asked to show it.
        """
        now_s = clock.now_s()
        key = Key(TEST, now_s, str(time.monotonic_ns()), "")
        raised = Raised(Alert(key, "", "", "", "", _TITLE, _BODY), now_s)
        journal.write(raised.alert)
        self._raised, self._answers = raised, []
        self._end_s = time.monotonic() + _LASTS_S
        asked = [each for each in listeners if each.way != "list"]
        if desktop is not None:
            if self._courier is None:
                self._courier = Courier(desktop, DESKTOP)
            self._courier.tell(raised)
            asked.append(Listener(uid, DESKTOP))
        return {
            "id": raised.handle,
            "asked": [
                {"uid": each.uid, "user": user_name(each.uid), "way": each.way}
                for each in asked
            ],
        }

    def pending(self) -> list[dict[str, Any]]:
        """What agents should show of it, as `alerts.pending` has it."""
        if self._raised is None or time.monotonic() >= self._end_s:
            return []
        verdict = Verdict(Urgency.NORMAL)
        notice = notice_of(self._raised)
        return [described(Pending(self._raised.handle, notice, verdict))]

    def heard(self, given: Mapping[str, Any], uid: int) -> bool:
        """Take what an agent says became of an alert, if that is the test.

        Args:
            given: as of `alerts.shown`; hostile.
            uid: of who says so.
        """
        if self._raised is None or given.get("id") != self._raised.handle:
            return False
        if len(self._answers) < _MOST_ANSWERS:
            way = PUSH if given.get("way") == PUSH else AGENT
            texts = (str(given.get(name, "")) for name in ("failure", "by"))
            self._note(uid, way, *texts)
        return True

    def _note(self, uid: int, way: str, failure: str, by: str) -> None:
        self._answers.append(
            {
                "uid": uid,
                "user": user_name(uid),
                "way": way,
                "failure": failure[:_LONGEST_TEXT],
                "by": by[:_LONGEST_TEXT],
            }
        )

    def answers(self, handle: object, uid: int) -> dict[str, Any]:
        """What has come of a test so far.

        Args:
            handle: as `begin` gave it.
            uid: of this process.

        Raises:
            UsageError: that is not the test that was begun last.
        """
        if self._raised is None or handle != self._raised.handle:
            raise UsageError("another test was begun meanwhile")
        if self._courier is not None:
            for done in self._courier.deliveries():
                if done.raised == self._raised:
                    self._note(uid, DESKTOP, done.failure, "")
        return {"answers": self._answers}

    def end(self) -> None:
        """Nobody need show it any more."""
        self._end_s = 0.0
