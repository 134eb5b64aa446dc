"""Which plan pays for what, as configuration and ledgers say, and what is news of it.

A network that is met for the first time on a known device is none: its plan finds it in
the next samples. Another device is, and so is another word on a network that was met
before, for the store has one word on a network for all times.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from monitor.plans.agreement import all_bindings
from monitor.plans.entries import Attach, Replacement
from monitor.plans.ledger import ordered
from monitor.plans.payers import network_of, payer
from monitor.plans.values import Mcc, Name, Second
from monitor.store import ledger
from monitor.store.samples import billed_attachments

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

    from monitor.plans.agreement import Agreement
    from monitor.plans.payers import Bindings
    from monitor.store.engine import Store
    from monitor.usage import Attachment, Bill


def bindings_at(store: Store, plans: Iterable[Agreement], at_s: int) -> Bindings:
    """Which plan pays for what, as their ledgers say at an instant.

    Args:
        store: open.
        plans: all plans.
        at_s: UTC second; what is dated later is not known yet.

    Raises:
        StoreError: the ledger cannot be read.
    """
    agreements = tuple(plans)
    noted = [each.entry for each in ledger.entries(store)] if agreements else []
    replaced: dict[str, list[str]] = {
        each.plan.id: [
            entry.new_iccid
            for entry in ordered(noted, each.plan.id, at_s).entries
            if isinstance(entry, Replacement)
        ]
        for each in agreements
    }
    return all_bindings(agreements, replaced)


class Payment:
    """Who pays for what a running daemon sees.

    Attributes:
        bindings: of all plans.
        present: the billed devices with their networks.
    """

    def __init__(self, bindings: Bindings) -> None:
        """Know no device yet.

        Args:
            bindings: of all plans.
        """
        self.bindings = bindings
        self.present: tuple[Attachment, ...] = ()
        self._devices: frozenset[str] = frozenset()
        self._faces: dict[str, tuple[object, ...]] = {}

    def know(self, store: Store, bindings: Bindings) -> None:
        """Take what is present, and was recorded, for known.

        Args:
            store: open.
            bindings: of all plans, as their ledgers say now.

        Raises:
            StoreError: the store cannot be read; nothing was changed.
        """
        # Of two words on a network the last one is the newest.
        known = [*billed_attachments(store).values(), *self.present]
        self._faces = {each.network: _face(each) for each in known}
        self._devices = frozenset(each.device for each in self.present)
        self.bindings = bindings

    def sees_news(self, attached: Iterable[Attachment]) -> bool:
        """Look whether the past has to be judged anew for what is there now.

        Args:
            attached: the billed devices with their networks.
        """
        self.present = tuple(attached)
        is_news = not self._devices.issuperset(each.device for each in self.present)
        for where in self.present:
            face = self._faces.setdefault(where.network, _face(where))
            is_news |= face != _face(where)
        return is_news

    def plan_of(self, where: Attachment, at_s: int) -> str | None:
        """The id of the plan that pays for a network on a device, None without one."""
        return payer(self.bindings, where, at_s)

    @property
    def notes(self) -> list[str]:
        """Sentences that a person should read once: devices several plans match."""
        by_name = {
            each.device
            for each in self.present
            if network_of(self.bindings, each) is None
        }
        found = []
        for device in sorted(by_name):
            matching = dict.fromkeys(
                wide.plan
                for wide in self.bindings.wides
                if fnmatchcase(device, wide.pattern)
            )
            if len(matching) > 1:
                first = next(iter(matching))
                found.append(
                    f"{device} matches the plans {', '.join(matching)}: {first} pays, "
                    "because it comes first in the configuration"
                )
        return found

    def attach(
        self,
        plan: str,
        known: Container[str],
        times: tuple[int, int],
        bills: Mapping[Attachment, Bill],
    ) -> Attach | None:
        """The entry that a plan waits for which begins with its first network.

        Of each country there is one, with an id of its own: a restart makes it again.

        Args:
            plan: its id.
            known: ids of entries that are in its ledger.
            times: UTC seconds, at which the tick began and ended.
            bills: what the tick moved.

        Returns:
            None while no network of the plan is attached.
        """
        began_s, now_s = times
        for where in self.present:
            name = Name(f"attach:{plan}:{where.mcc or 'unknown'}")
            if name in known or self.plan_of(where, now_s) != plan:
                continue
            if _is_attached(where, bills.get(where)):
                return Attach(
                    id=name,
                    ts=Second(now_s),
                    as_of=Second(began_s),
                    plan=Name(plan),
                    mcc=Mcc(where.mcc) if where.mcc else None,
                )
        return None


def _face(where: Attachment) -> tuple[object, ...]:
    """What the store knows of a network by its key."""
    return where.uuid, where.ssid, where.tether


def _is_attached(where: Attachment, bill: Bill | None) -> bool:
    """Whether a device is on a network, and not only there."""
    if where.iccid:  # a modem that is registered says where
        return bool(where.mcc)
    if where.network != f"if:{where.device}":
        return True
    return bill is not None and bill.l3.rx_bytes > 0
