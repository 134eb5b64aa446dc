"""Which alerts a person wants to hear nothing of at present, as the store knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from monitor import clock
from monitor.accounts.bookkeeping import open_book
from monitor.commands.plan.desk import plans_for
from monitor.errors import EsimmonError
from monitor.notifiers.pending import read
from monitor.notifiers.quiet import minute_now, waits
from monitor.plans.entries import Snooze
from monitor.store import ledger, snoozes
from monitor.views.alert_states import Silences

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from monitor.commands.options import Setup
    from monitor.store.alerts import AlertRow
    from monitor.store.engine import Store


def find_silences(
    setup: Setup,
    store: Store,
    rows: Iterable[AlertRow],
    pending: Mapping[str, Any] | None,
) -> Silences:
    """What is silent now, as far as it concerns some alerts.

    Args:
        setup: with the configuration in force.
        store: open.
        rows: the alerts; only plans of those that hold are looked at.
        pending: what a daemon says to `alerts.pending`; None without one.

    Raises:
        StoreError: the store cannot be read.
    """
    now_s = clock.now_s()
    waiting = () if pending is None else _waiting(pending)
    kinds = {kind for kind, end_s in snoozes.ends(store).items() if end_s > now_s}
    holding = {row.raised.alert.plan for row in rows if row.cleared_s is None} - {""}
    silent = {
        plan
        for plan in holding
        if any(isinstance(each.entry, Snooze) for each in ledger.entries(store, plan))
    }
    if not silent:
        return Silences(kinds, waiting=waiting)
    plans = plans_for(setup, store, is_running=pending is not None)
    known = {each.plan.id for each in plans}
    by_plan = {}
    for plan in silent & known:
        try:
            account = open_book(store, plans, plan, now_s).account_now
            by_plan[plan] = frozenset(account.snoozed)
        except EsimmonError:  # a plan that makes no sense is said by `plan show`
            continue
    return Silences(kinds, by_plan, waiting)


def _waiting(pending: Mapping[str, Any]) -> Collection[str]:
    """Handles of what no channel tells before the quiet hours are over."""
    try:
        alerts, quiet = read(pending)
    except (TypeError, AttributeError):  # a daemon that says nonsense
        return ()
    minute = minute_now() if quiet else 0
    told = [each for each in alerts if each.verdict.channels]
    return {each.id for each in told if waits(each.verdict.urgency, quiet, minute)}
