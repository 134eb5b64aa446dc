"""What the daemon answers on its socket."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Any, Final

from monitor import __version__, clock
from monitor.accounts import forgetting
from monitor.alerts.model import KINDS, SNOOZED_BY_CLICK, SNOOZED_FOR_A_DAY
from monitor.daemon import choosing
from monitor.daemon.control import CALLER, Access, Control, Method
from monitor.daemon.detailing import Counted, details
from monitor.daemon.pooling import Pooling
from monitor.daemon.tickfacts import TICKS, tick_facts
from monitor.daemon.tryout import Listener, Tryout
from monitor.errors import ConfigError, StoreError, UsageError
from monitor.notifiers.pending import AGENT, PENDING
from monitor.plans.localtime import FARTHEST_S
from monitor.plans.writing import utc_text
from monitor.store import snoozes
from monitor.users import user_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.alerts import Raised
    from monitor.daemon.asked import Asked
    from monitor.usage import Attachment

_DAY_S: Final = 86_400
_ID_DIGITS: Final = 12  # as the ids that commands make


class Answers:
    """The daemon's methods.

    Attributes:
        methods: by name.
        pooling: this device in its pool.
        control: where they are asked; set before the first is.
    """

    control: Control

    def __init__(self, daemon: Asked) -> None:
        """Answer for a daemon."""
        self._daemon = daemon
        # Judging a plan anew takes time, and anybody may ask: once for each alert.
        self._snoozed: set[str] = set()
        self._tryout = Tryout()
        self.pooling = Pooling(daemon)
        self.methods = {
            "status": Method(Access.ANYBODY, self._status),
            "live": Method(Access.GROUP, self._live),
            TICKS: Method(Access.GROUP, self._ticks, is_followed=True),
            "flush": Method(Access.GROUP, self._flush),
            "plans.changed": Method(Access.GROUP, self._changed),
            PENDING: Method(Access.ANYBODY, self.pending, is_followed=True),
            "alerts.shown": Method(Access.ANYBODY, self._shown, names_caller=True),
            "alerts.test": Method(Access.GROUP, self._test),
            "alerts.tested": Method(Access.GROUP, self._tested),
            "alerts.listeners": Method(Access.GROUP, self._listeners),
            "alerts.snooze": Method(Access.ANYBODY, self._snooze, names_caller=True),
            "alerts.silence": Method(Access.GROUP, self._silence),
            "alerts.details": Method(Access.GROUP, self._details),
            "networks.bind": Method(Access.GROUP, self._bind),
            "ledger.append": Method(Access.GROUP, self._append, names_caller=True),
            "networks.name": Method(Access.GROUP, self._name),
            "data.forget": Method(Access.GROUP, self._forget),
            "pool.outbox": Method(Access.GROUP, self.pooling.outbox),
            "pool.take": Method(Access.GROUP, self.pooling.take),
        }

    def _status(self, _: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "version": __version__,
            "pid": os.getpid(),
            "tier": self._daemon.tier.name,
            "store": str(self._daemon.setup.store),
        }

    def _live(self, _: Mapping[str, Any]) -> dict[str, Any]:
        return self._daemon.recorder.sampler.live.answer()

    def _ticks(self, _: Mapping[str, Any]) -> dict[str, Any]:
        """What the last tick moved; whoever follows hears of each from now on."""
        return self.last_tick()

    def last_tick(self) -> dict[str, Any]:
        """What the last tick moved, by whom."""
        sampler, watch = self._daemon.recorder.sampler, self._daemon.watch

        def payer(where: Attachment) -> str | None:
            return watch.book.plan_of(where, watch.now_s)

        return tick_facts(sampler.ticked, payer, sampler.name_of)

    def _flush(self, _: Mapping[str, Any]) -> dict[str, Any]:
        """Bring the store up to this moment, for a reader that is about to look."""
        return {"flushed": self._daemon.recorder.settle()}

    def _changed(self, _: Mapping[str, Any]) -> dict[str, Any]:
        """Take files of plans that were changed; says so when they are broken."""
        return {"refused": self._daemon.reload()}

    def pending(self, given: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Answer to `alerts.pending`: what agents should show, and a test if one runs.

        Args:
            given: nothing of it matters but to who asks who listens.
        """
        found = self._daemon.watch.telling.pending(given)
        return {**found, "alerts": [*found["alerts"], *self._tryout.pending()]}

    def announce(self) -> None:
        """Tell the agents of users what they should show."""
        self.control.announce(PENDING, self.pending())

    def _listening(self) -> list[Listener]:
        found = self.control.followers(PENDING)
        return [Listener(uid, way or AGENT) for uid, way in found]

    def _listeners(self, _: Mapping[str, Any]) -> dict[str, Any]:
        """Who is told of alerts now."""
        found = [each._asdict() for each in self._listening()]
        shows = self._daemon.watch.telling.courier is not None
        return {"listeners": found, "desktop": shows}

    def _test(self, _: Mapping[str, Any]) -> dict[str, Any]:
        """Let all who show alerts show one that is none."""
        courier = self._daemon.watch.telling.courier
        desktop = None if courier is None else courier.notifier
        begun = self._tryout.begin(self._listening(), desktop, os.geteuid())
        self.announce()
        return begun

    def _tested(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """What came of it so far; the last who asks says that it is over."""
        found = self._tryout.answers(given.get("id"), os.geteuid())
        if given.get("over") is True:
            self._tryout.end()
            self.announce()
        return found

    def _shown(self, given: Mapping[str, Any]) -> dict[str, Any]:
        if self._tryout.heard(given, given[CALLER]):
            return {"noted": True}
        found = self._daemon.watch.telling.shown(given)
        if found["noted"]:
            # Who follows the list sees that, too; once for each alert and outcome.
            self.announce()
        return found

    def _append(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Note what happened in the life of a plan, judged on all that was counted."""
        self._flush({})
        noted = self._daemon.watch.note(given.get("entry"), user_name(given[CALLER]))
        self._daemon.call()
        return noted

    def _snooze(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Be silent about an alert that holds until the cycle of its plan ends.

        Where it is of no plan, about its kind for a day.
        Who was shown an alert may do that, which is anybody (`alerts.pending`). So the
        caller chooses nothing but the alert, and each of them makes one entry at most.
        """
        raised = self._daemon.watch.telling.open_alert(given.get("id"))
        kinds = SNOOZED_BY_CLICK | SNOOZED_FOR_A_DAY
        if raised is None or raised.key.kind not in kinds:
            raise UsageError("there is no such alert any more, or none to be snoozed")
        key = raised.key
        if key.kind in SNOOZED_FOR_A_DAY:
            return self._snooze_a_day(raised)
        digest = hashlib.sha256(raised.handle.encode("utf-8", "surrogateescape"))
        entry = {
            "kind": "snooze",
            "id": digest.hexdigest()[:_ID_DIGITS],
            "ts": utc_text(clock.now_s()),
            "plan": key.plan,
            "alert": key.kind,
        }
        if raised.handle not in self._snoozed:
            self._append({"entry": entry, CALLER: given[CALLER]})
            self._snoozed.add(raised.handle)
        return {"plan": key.plan, "kind": key.kind, "entry": entry["id"]}

    def _snooze_a_day(self, raised: Raised) -> dict[str, Any]:
        telling, kind = self._daemon.watch.telling, raised.key.kind
        if raised.handle not in self._snoozed:
            self._silence({"kind": kind, "until": clock.now_s() + _DAY_S})
            self._snoozed.add(raised.handle)
        return {"kind": kind, "until": utc_text(telling.silent.get(kind, 0))}

    def _silence(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Be silent about a kind, whatever it is about, until a UTC second."""
        kind, until_s = given.get("kind"), given.get("until")
        if type(until_s) is not int:  # True is one as well
            until_s = -1
        if kind not in KINDS or not 0 <= until_s <= FARTHEST_S:
            raise UsageError("alerts.silence wants a kind of alert and a UTC second")
        watch = self._daemon.watch
        snoozes.put(self._daemon.store, kind, until_s)
        watch.telling.silent[kind] = until_s
        watch.announce()
        return {"kind": kind, "until": until_s}

    def _details(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Who is behind an alert that a person sees: figures are for the group."""
        daemon = self._daemon
        raised = daemon.watch.telling.pending_alert(given.get("id"))
        batch = daemon.recorder.sampler.pending.batch
        book, now_s = daemon.watch.book, daemon.watch.now_s
        return details(raised, Counted(daemon.store, batch, book, now_s))

    def _name(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Call a network something; one that was just met is known as well."""
        key, label = given.get("key"), given.get("label")
        if not isinstance(key, str) or not isinstance(label, str):
            raise UsageError("networks.name wants a key and a label, both texts")
        self._flush({})
        return {"key": key, "label": self._daemon.watch.labels.put(key, label)}

    def _forget(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Take names out of what was counted, here as in the store."""
        daemon, now_s = self._daemon, clock.now_s()
        wish, dry_run = forgetting.wish_of(given), given.get("dry_run") is True
        if not daemon.recorder.settle():
            raise StoreError("what was counted cannot be written now; try again")
        plans = daemon.watch.book.agreements
        told = forgetting.carry_out(daemon.store, plans, wish, now_s, dry_run=dry_run)
        if not dry_run:
            daemon.watch.forgot()
            told["scoured"] = forgetting.scour(daemon.store, now_s)
        return told

    def _bind(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Let a plan pay for a network, as a click on an alert asks."""
        network, plan_id = given.get("network"), given.get("plan")
        if not isinstance(network, str) or not isinstance(plan_id, str):
            raise UsageError("networks.bind wants a network and a plan, both texts")
        setup, store = self._daemon.setup, self._daemon.store
        present = self._daemon.recorder.sampler.here.networks
        meant = choosing.find(store, present, network)
        told = choosing.bind(setup.store, setup.load_config(), meant, plan_id)
        refused = self._daemon.reload()
        if refused is not None:
            raise ConfigError(refused)
        return {"told": told}
