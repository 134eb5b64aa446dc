"""Alerts on their way: judged at each tick, told once, and again only if nobody saw.

`Telling` is what the daemon holds. It keeps what was told (the store has the same),
hands alerts to the log, to this process's own desktop and to the agents of users, and
collects what became of that as values for the next flush.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from monitor import clock
from monitor.alerts import (
    Delivery,
    Newcomers,
    Raised,
    RateRule,
    Rates,
    Stays,
    Unusual,
    UnusualRule,
    Uplinks,
    hushed,
    judge,
    judge_monitor,
    judge_networks,
    judge_newcomers,
    judge_unusual,
    loud,
    movers,
    places,
    without,
)
from monitor.alerts.texts import named
from monitor.daemon.lately import Lately
from monitor.notifiers import journal
from monitor.notifiers.pending import AGENT, answer, newest, waiting
from monitor.notifiers.quiet import minute_now
from monitor.notifiers.rules import DESKTOP, PUSH, Wishes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from monitor.alerts import Change, Seen, Told, Watched
    from monitor.attribution.shares import Attributed
    from monitor.notifiers.buttons import Buttons
    from monitor.notifiers.courier import Courier
    from monitor.notifiers.notice import Notice
    from monitor.usage import Attachment

_RETRY_S: Final = (30, 120, 600)
_LONGEST_FAILURE: Final = 200
_NOWHERE: Final = Uplinks()
_ANYTHING: Final = UnusualRule(floor_bytes=1 << 62, times=1, weeks=1)

log = logging.getLogger("esimmon")


class Telling:
    """The daemon's side of telling.

    Attributes:
        told: what was told already.
        rule: how much a program may move in the background; a reload replaces it.
        stays: on networks.
        rates: how fast programs move data that nobody waits for.
        newcomers: programs that never used metered data before.
        unusual: programs that move more than they usually do.
        lately: who moved most in the last hour.
        choices: ids of the plans that a network may be bound to by a click.
        off: shell patterns of kinds that are not told; a reload replaces it.
        wishes: how a person wants to be told; a reload replaces it.
        courier: as given.
        silent: until which UTC second kinds are snoozed, whatever they are about.
        unlogged: what the run before was killed over, before it was in the log.
    """

    def __init__(
        self,
        told: Told,
        rule: RateRule,
        courier: Courier | None,
        buttons: Buttons | None = None,
    ) -> None:
        """Go on from what the store knows.

        Args:
            told: by the runs before.
            rule: how much a program may move in the background.
            courier: to this process's own desktop; None without one.
            buttons: what a person may click on there.
        """
        self.told, self.rule = told, rule
        self.choices: tuple[str, ...] = ()
        self.off: Sequence[str] = ()
        self.wishes = Wishes()
        self.silent: dict[str, int] = {}
        self._snoozed: set[tuple[str, str]] = set()
        self.unlogged: list[Raised] = []
        self.courier, self._buttons = courier, buttons
        begun_ns = clock.read().boottime_ns
        self.stays = Stays(begun_ns)
        self.newcomers = Newcomers(clock.now_s())
        self.unusual = Unusual(_ANYTHING, begun_ns)
        self.lately = Lately(begun_ns)
        self.rates = Rates(rule.within_s, begun_ns)
        self._deliveries: list[Delivery] = []
        self._tries: dict[str, tuple[int, int]] = {}
        self._complained = ""
        self._failed: set[str] = set()
        self._pushed: set[tuple[str, bool]] = set()

    def book(
        self,
        rows: Sequence[Attributed],
        at_ns: int,
        interval_s: float,
        plan_of: Callable[[Attachment], str | None],
    ) -> None:
        """Take in whose bytes the last tick moved.

        Args:
            rows: all of it; what is not billed, costs nothing, or has a person in
                front of it is left out here.
            at_ns: CLOCK_BOOTTIME of the tick.
            interval_s: length of the tick.
            plan_of: the plan that pays for a network on a device.
        """
        if self.rates.within_s != self.rule.within_s:
            self.rates = Rates(self.rule.within_s, at_ns)
        self.newcomers.book(rows, at_ns, plan_of)
        self.unusual.book(rows, at_ns, interval_s, plan_of)
        self.lately.book(rows, at_ns, interval_s)
        moved = list(movers(rows, plan_of))
        self.rates.add(moved, at_ns, interval_s)

    def judge(
        self,
        now_s: int,
        at_ns: int,
        plans: Iterable[Watched],
        uplinks: Uplinks = _NOWHERE,
    ) -> list[Change]:
        """What changed; to be committed at once, and then told.

        Args:
            now_s: UTC seconds of the tick.
            at_ns: CLOCK_BOOTTIME of the tick.
            plans: every plan with its standing.
            uplinks: what this machine is attached to.

        Returns:
            For `Batch.alerts`; from now on these count as told.
        """
        watched: dict[str, Watched] = {each.plan.id: each for each in plans}
        self._snoozed = {
            (each.plan.id, kind) for each in watched.values() for kind in each.snoozed
        }
        rates = (self.rule, self.rates.largest(), self.rates.is_complete(at_ns))
        names = {each.network.key: named(each.network) for each in uplinks.used}
        changes = judge(self.told, now_s, watched.values(), rates, names)
        self.stays.see(places(uplinks), at_ns)
        changes += judge_networks(self.told, now_s, uplinks, watched, self.stays)
        found = self.newcomers.found(now_s)
        changes += judge_newcomers(self.told, now_s, found, watched, names)
        surges = self.unusual.found(now_s)
        changes += judge_unusual(self.told, now_s, surges, watched, names)
        return self._believe(changes, now_s)

    def judge_monitor(self, now_s: int, seen: Seen, zone: ZoneInfo) -> list[Change]:
        """What changed of what the monitor itself lacks; else as `judge`.

        Args:
            now_s: UTC seconds of the tick.
            seen: what was not seen, or cannot be kept.
            zone: of who reads it.
        """
        return self._believe(judge_monitor(self.told, now_s, seen, zone), now_s)

    def _believe(self, judged: list[Change], now_s: int) -> list[Change]:
        wanted = without(self.off, self.told, judged, now_s)
        changes = hushed(self.silent, wanted, now_s)
        self.told = self.told.after(changes)
        return changes

    def tell(self, changes: Iterable[Change], at_ns: int) -> None:
        """Tell what is new, and again what this process's desktop did not show.

        Args:
            changes: of the last judgement.
            at_ns: CLOCK_BOOTTIME now.
        """
        unlogged, self.unlogged = self.unlogged, []
        self._deliveries += journal.deliver((*unlogged, *changes))
        if self.courier is not None:
            for raised in self._due():
                self._try(raised, self.courier, at_ns)

    def _try(self, raised: Raised, courier: Courier, at_ns: int) -> None:
        tries, next_ns = self._tries.get(raised.handle, (0, 0))
        if at_ns >= next_ns:
            pause_s = _RETRY_S[min(tries, len(_RETRY_S) - 1)]
            next_ns = at_ns + pause_s * clock.SECOND_NS
            self._tries[raised.handle] = tries + 1, next_ns
            courier.tell(raised, self._notice(raised))

    def _notice(self, raised: Raised) -> Notice:
        alert = waiting(raised, self.wishes, self.choices)
        return self._buttons.added(alert) if self._buttons else alert.notice

    def _pending(self) -> list[Raised]:
        holding = loud(self.silent, self.told.open.values(), clock.now_s())
        return newest(
            each
            for each in holding
            if (each.alert.plan, each.key.kind) not in self._snoozed
        )

    def _due(self) -> list[Raised]:
        """What this process's desktop is to show now."""
        unseen = [e for e in self._pending() if e.handle not in self.told.shown]
        minute = minute_now() if unseen and self.wishes.quiet else 0
        return [
            each
            for each in unseen
            if self.wishes.is_due(each.key.kind, DESKTOP, minute)
        ]

    def deliveries(self) -> list[Delivery]:
        """What became of telling since the last call, for `Batch.delivered`."""
        if self.courier is not None:
            for delivery in self.courier.deliveries():
                self._take(delivery)
        handles = {raised.handle for raised in self.told.open.values()}
        self._tries = {h: tried for h, tried in self._tries.items() if h in handles}
        self._failed &= handles
        self._pushed = {each for each in self._pushed if each[0] in handles}
        taken, self._deliveries = self._deliveries, []
        return taken

    def _take(self, delivery: Delivery) -> None:
        self._deliveries.append(delivery)
        if not delivery.failure:
            self.told = self.told.with_shown(delivery.raised.handle)
        elif delivery.failure != self._complained:
            log.warning(
                "the alert was not shown on the desktop: %s. It is in the list.",
                delivery.failure,
            )
        self._complained = delivery.failure

    def pending(self, _: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Answer to `alerts.pending`: what agents should show, the oldest first."""
        return answer(self._pending(), self.wishes, self.choices)

    def open_alert(self, handle: object) -> Raised | None:
        """The alert that still holds, of which a caller has this handle."""
        return next((e for e in self.told.open.values() if e.handle == handle), None)

    def pending_alert(self, handle: object) -> Raised | None:
        """The same of those that are worth a notification."""
        return next((e for e in self._pending() if e.handle == handle), None)

    def shown(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Answer to `alerts.shown`: an agent says what became of one alert.

        Args:
            params: `id` as `alerts.pending` gave it, and `failure`: why nobody saw it,
                empty when it was shown; `way` is `push` for one that was sent beyond
                this machine. Anybody may call: what is not known is ignored, and of
                one alert one failure and one success is noted.

        Returns:
            Whether that was news.
        """
        failure = str(params.get("failure", ""))
        raised = self.open_alert(params.get("id"))
        if params.get("way") == PUSH:
            return {"noted": self._note_push(raised, failure[:_LONGEST_FAILURE])}
        known = self.told.shown | self._failed if failure else self.told.shown
        if raised is None or raised.handle in known:
            return {"noted": False}
        if failure:
            self._failed.add(raised.handle)
        self._take(Delivery(raised, AGENT, clock.now_s(), failure[:_LONGEST_FAILURE]))
        return {"noted": True}

    def _note_push(self, raised: Raised | None, failure: str) -> bool:
        """One that was sent elsewhere is still to be shown on the desktop."""
        if raised is None or (raised.handle, bool(failure)) in self._pushed:
            return False
        self._pushed.add((raised.handle, bool(failure)))
        if failure:
            log.warning("the alert was not sent: %s", failure)
        self._deliveries.append(Delivery(raised, PUSH, clock.now_s(), failure))
        return True

    def close(self) -> list[Delivery]:
        """Wait a moment for what is on its way; the last deliveries of this run."""
        if self.courier is not None:
            self.courier.close()
        return self.deliveries()
