"""What the samples of a plan tell apart, and in which order they are charged.

Samples of the store and those of rows that are still open must agree in both: then a
plan that is judged tick by tick stands as it does when it is judged anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.plans.entries import PlanChange, Topup
from monitor.plans.measured import Telling
from monitor.users import named_users

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.plans.agreement import Agreement
    from monitor.plans.entries import Entry
    from monitor.plans.offers import Scope
    from monitor.plans.samples import Sample


def canonical(sample: Sample) -> tuple[object, ...]:
    """The order in which samples are charged."""
    return (
        sample.from_s,
        sample.to_s,
        sample.iface,
        sample.iccid or "",
        sample.mcc or "",
        sample.app or "",
        sample.member or "",
        bool(sample.tethered),
        sample.matched,
        # Of two networks on one device the same is charged first, always.
        sample.rx_bytes,
        sample.tx_bytes,
    )


def _scopes(agreement: Agreement, entries: Iterable[Entry]) -> list[Scope]:
    plan = agreement.plan
    scopes = [bucket.scope for bucket in plan.buckets]
    scopes += [cap.scope for cap in plan.caps]
    for entry in (*agreement.entries, *entries):
        if isinstance(entry, Topup):
            scopes.append(entry.scope)
        elif isinstance(entry, PlanChange):
            scopes += [bucket.scope for bucket in entry.buckets]
    return scopes


def charged_apart(agreement: Agreement, entries: Iterable[Entry]) -> set[str]:
    """Shell patterns of the applications of which a plan charges otherwise.

    Args:
        agreement: the plan and what belongs to it.
        entries: of its ledger in the store.
    """
    return _apps(_scopes(agreement, entries))


def _apps(scopes: Iterable[Scope]) -> set[str]:
    return {pattern for scope in scopes for pattern in scope.apps or ()}


def telling_of(
    agreement: Agreement, entries: Iterable[Entry], owner: str = ""
) -> Telling:
    """What has to be told apart to judge a plan.

    A member whose id is a login name of this machine is charged what that user moves,
    and any member what was imported from a device of theirs.

    Args:
        agreement: the plan and what belongs to it.
        entries: of its ledger in the store.
        owner: the member whose device this is; empty for nobody's.
    """
    plan = agreement.plan
    scopes = _scopes(agreement, entries)
    apps = _apps(scopes)
    tethered = any(scope.tethered is not None for scope in scopes)
    return Telling(
        apps=None if plan.alerts.background is not None else tuple(sorted(apps)),
        tethered=tethered,
        members=named_users(member.id for member in agreement.members),
        elsewhere=frozenset(member.id for member in agreement.members),
        owner=owner,
    )
