"""What an owner would have been told: a history of ticks, judged as the daemon does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from monitor.alerts.holding import look_at
from monitor.alerts.judging import RateRule, judge
from monitor.alerts.model import Raised, Told
from monitor.plans.account import open_account

if TYPE_CHECKING:
    from monitor.plans.account import Account
    from monitor.plans.asks import AskAlerts
    from monitor.plans.cases import Scene

_NO_PROGRAMS: Final = RateRule(1 << 62, 1), (), True


def rehearse(scene: Scene, ask: AskAlerts) -> list[tuple[int, str, str]]:
    """Judge a plan at some instants. A restart changes nothing: what was told is kept.

    Args:
        scene: the plan, its ledger and samples.
        ask: when.

    Returns:
        UTC second, kind and detail of everything that is told.

    Raises:
        PlanError: plan, members or ledger make no sense.
    """
    told, found = Told(), list[tuple[int, str, str]]()
    account: Account | None = None
    waiting = 0
    for at_s in sorted(ask.ticks):
        if account is None or _is_past_changed(account, at_s):
            account, waiting = _opened(scene, at_s), 0
        until = _dated(scene, waiting, at_s)
        account.charge(scene.samples[waiting:until])
        waiting = until
        changes = judge(told, at_s, [look_at(account, at_s)], _NO_PROGRAMS)
        told = told.after(changes)
        found += [
            (at_s, change.key.kind, change.alert.detail)
            for change in changes
            if isinstance(change, Raised)
        ]
    return found


def _is_past_changed(account: Account, at_s: int) -> bool:
    return account.rejudge_s is not None and at_s >= account.rejudge_s


def _opened(scene: Scene, at_s: int) -> Account:
    return open_account(
        scene.plan, scene.members, scene.entries, scene.bindings, known_until_s=at_s
    )


def _dated(scene: Scene, since: int, at_s: int) -> int:
    """How many samples, in their order, have begun by an instant."""
    for number in range(since, len(scene.samples)):
        sample = scene.samples[number]
        if sample.from_s > at_s or (sample.from_s == at_s < sample.to_s):
            return number
    return len(scene.samples)
