"""A plan that devices share: what this one tells the others, and hears of them.

`esimmon relay` carries both, as often as it likes: what is told has a revision, and of
two words about one thing the later stays. So a word that comes twice, or in another
order, changes nothing.
"""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING, Any, Final

from monitor.accounts.pooled import shared_hash
from monitor.config import device_name
from monitor.daemon import pool_taking
from monitor.daemon.pool_sums import HOUR_S, own_sums
from monitor.errors import StoreError, UsageError
from monitor.plans.writing import plain
from monitor.pool.records import Entry, Usage, Word, as_values
from monitor.store import pool, saying
from monitor.store.columns import FLAGS
from monitor.store.pool import Device, Key
from monitor.usage import Interval

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.config import Pool
    from monitor.daemon.asked import Asked
    from monitor.daemon.planbook import Running
    from monitor.pool.records import Record
    from monitor.store.saying import Words

MOST: Final = 500
"""Records of an answer, and of a question."""
_WINDOW_S: Final = 7 * 86_400  # summed up for one answer
_OLDEST_S: Final = 62 * 86_400
_FARTHEST_S: Final = 400 * 86_400  # as long as hours are kept
_QUIET_S: Final = 3600  # a sign of life is given so often
_NEAR_PCT: Final = 90
_NAMES: Final = tuple(name for name in Key._fields if name != "tethered")


class Pooling:
    """This device in its pool."""

    def __init__(self, daemon: Asked) -> None:
        """Tell for a daemon."""
        self._daemon = daemon
        self._due_s: int | None = None  # sums from here on may have changed
        self._judged: list[Running] = []

    def settle(self, wanted: Pool) -> None:
        """Take what the configuration says of the pool.

        Args:
            wanted: that; without a folder this device is in none.

        Raises:
            StoreError: it cannot be written down.
        """
        store, book = self._daemon.store, self._daemon.watch.book
        found = pool.devices(store)
        own = pool.own_of(found)
        if not wanted.folder:
            if own is not None:
                pool.leave(store)
                book.restate()
            return
        name = device_name(wanted, os.uname().nodename)
        if own is None or own.name != name:
            # What another life of this name told is not told again.
            lives = [each.through_s for each in found if each.name == name]
            own = Device(
                name, secrets.token_hex(8), is_own=True, from_s=max([0, *lives])
            )
        plans = {str(each.plan.id): each for each in book.agreements}
        terms = {
            str(plan): shared_hash(plans[plan])
            for plan in wanted.plans
            if plan in plans
        }
        with store.begin() as connection:
            pool.put_device(connection, own._replace(member=wanted.member, terms=terms))
        book.restate()

    def outbox(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Answer to `pool.outbox`: what this device says after a revision."""
        after = given.get("after")
        if type(after) is not int or after < 0:
            raise UsageError("pool.outbox wants a revision: a whole number")
        if not self._daemon.recorder.settle():
            raise StoreError("what was counted cannot be written now; try again")
        own, is_done = self._own(), True
        # Where its files hold more than it knows, it is a copy of before: it hears that
        # first, by `take`, since it would give the same numbers to other words.
        if after <= own.revision:
            own, is_done = self._tell(own)
        store = self._daemon.store
        records = _records(own, saying.words_after(store, own, after, MOST + 1))
        known: dict[str, dict[str, int]] = {}
        for each in pool.devices(store):
            known.setdefault(each.name, {})[each.instance] = each.revision
        return {
            "device": own.name,
            "instance": own.instance,
            "member": own.member,
            "plans": sorted(own.terms),
            "records": [as_values(each) for each in records[:MOST]],
            "more": len(records) > MOST or not is_done,
            "metered": self._is_metered(),
            "near": self._is_near(own),
            "known": known,
        }

    def take(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Answer to `pool.take`: a device said something."""
        heard = pool_taking.read_heard(given, MOST)
        taken = pool_taking.take(
            self._daemon.store, self._own(), heard, self._daemon.watch.now_s
        )
        if taken.is_news:
            self._daemon.watch.book.restate()
            self._daemon.call()
        return {"taken": len(heard.records), "through": taken.revision}

    def _own(self) -> Device:
        if self._daemon.recorder.sampler.placement.offset_ns is None:
            raise StoreError("this machine does not know the time yet; try again later")
        own = pool.own_of(pool.devices(self._daemon.store))
        if own is None:
            raise UsageError(
                "this daemon is in no pool: its configuration has no [pool] folder"
            )
        return own

    def _tell(self, own: Device) -> tuple[Device, bool]:
        """Bring what this device says up to date, a few days at a time.

        Returns:
            The device, and whether nothing is left to be said.
        """
        store, now_s = self._daemon.store, self._daemon.watch.now_s
        book = self._daemon.watch.book
        if book.is_stale:
            return own, False
        if self._judged is not book.plans:  # the past may be another now
            self._judged, self._due_s = book.plans, None
        heard, is_done = own.revision, False
        plans = [each for each in book.plans if each.agreement.plan.id in own.terms]
        while not is_done and own.revision == heard:
            period = self._period(now_s)
            sums = {
                str(each.agreement.plan.id): own_sums(store, each, period, own.from_s)
                for each in plans
            }
            own = saying.say(store, own, saying.Counted(period, sums))
            is_done = period.to_s > now_s
            self._due_s = now_s - now_s % HOUR_S - HOUR_S if is_done else period.to_s
        if is_done and (own.revision > heard or now_s - own.said_s >= _QUIET_S):
            own = saying.say_alive(store, own, now_s)
        return own, is_done

    def _period(self, now_s: int) -> Interval:
        """Whole hours to be summed up now."""
        needed_s = self._daemon.watch.book.needed_since_s
        oldest_s = max(0, now_s - _FARTHEST_S, min(needed_s, now_s - _OLDEST_S))
        from_s = oldest_s if self._due_s is None else max(oldest_s, self._due_s)
        from_s -= from_s % HOUR_S
        end_s = now_s - now_s % HOUR_S + HOUR_S
        return Interval(from_s, max(from_s + HOUR_S, min(from_s + _WINDOW_S, end_s)))

    def _is_metered(self) -> bool:
        """Whether this machine is on a network that costs."""
        attached = self._daemon.recorder.sampler.here.attached.values()
        return any(each.billed and each.metered for each in attached)

    def _is_near(self, own: Device) -> bool:
        """Whether a limit of a shared plan is near, or a member's."""
        found = False
        for each in self._daemon.watch.book.plans:
            if each.agreement.plan.id in own.terms:
                seen = each.seen.status
                limit, left = seen.limit_bytes, seen.remaining_bytes
                is_low = limit is not None and left is not None
                found |= is_low and left * 100 <= limit * (100 - _NEAR_PCT)  # type: ignore[operator]  # not None then
                found |= any(member.blocked for member in seen.members.values())
        return found


def _records(own: Device, words: Words) -> list[Record]:
    """What is said, in its order."""
    found: list[Record] = [
        Usage(
            n=each.revision,
            tethered=FLAGS[each.key.tethered],
            **{name: getattr(each.key, name) for name in _NAMES},
            **each.amount._asdict(),
        )
        for each in words.said
    ]
    found += [Entry(n=number, entry=plain(each)) for number, each in words.entries]
    if words.is_alive:
        times = {"at_s": own.said_s, "through_s": own.through_s}
        found.append(Word(n=own.revision, terms=dict(own.terms), **times))
    return sorted(found, key=lambda each: each.n)
