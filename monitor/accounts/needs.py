"""Which names plans need, for their balances to stay as they are.

Names of which a plan charges otherwise, networks by whose identity it is decided who
pays, and users who share a plan.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from monitor.accounts.apart import charged_apart
from monitor.accounts.paying import bindings_at
from monitor.plans.payers import network_of, payer, turns
from monitor.store import ledger
from monitor.store.forgetting import NEUTRAL
from monitor.store.samples import billed_attachments
from monitor.users import named_users

if TYPE_CHECKING:
    from monitor.plans.agreement import Agreement
    from monitor.plans.payers import Bindings
    from monitor.store.engine import Store
    from monitor.usage import Attachment


class Needed(NamedTuple):
    """What plans need to stay.

    Attributes:
        apps: by plan, patterns of applications.
        users: by user id, the plan.
        networks: by key, the plan.
    """

    apps: dict[str, tuple[str, ...]]
    users: dict[int, str]
    networks: dict[str, str]


def needed_by(store: Store, plans: tuple[Agreement, ...], now_s: int) -> Needed:
    """Find it.

    Args:
        store: open.
        plans: all plans.
        now_s: UTC second now.

    Raises:
        StoreError: the store cannot be read.
    """
    found = Needed({}, {}, {})
    noted = [each.entry for each in ledger.entries(store)]
    for each in plans:
        mine = [entry for entry in noted if entry.plan in (None, "", each.plan.id)]
        apps = charged_apart(each, mine)
        if apps:
            found.apps[each.plan.id] = tuple(apps)
        for uid in named_users(member.id for member in each.members):
            found.users.setdefault(uid, each.plan.id)
    bindings = bindings_at(store, plans, now_s)
    for where in billed_attachments(store).values():
        plan = _whose(bindings, where, now_s)
        if plan:
            found.networks.setdefault(where.network, plan)
    return found


def _whose(bindings: Bindings, where: Attachment, now_s: int) -> str:
    """The plan that pays, or does not, because it is this network."""
    nameless = replace(where, network=NEUTRAL, iccid="", uuid="", ssid=b"")
    of_network = network_of(bindings, where)
    if of_network != network_of(bindings, nameless):
        return of_network or payer(bindings, nameless, now_s) or "?"
    for at_s in (0, now_s, *turns(bindings)):
        plan = payer(bindings, where, at_s)
        if plan != payer(bindings, nameless, at_s):
            return plan or payer(bindings, nameless, at_s) or "?"
    return ""
