"""What a report is asked for, where only plans can say: cycles, payers, members.

Imported when plans matter: most reports are of the interface alone, and need none.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from monitor import clock
from monitor.accounts import agreements
from monitor.accounts.aside import asides
from monitor.accounts.bookkeeping import open_book
from monitor.accounts.paying import bindings_at
from monitor.commands.plan.desk import plans_for
from monitor.errors import UsageError
from monitor.moments import Clocks
from monitor.plans.payers import Paying
from monitor.usage import Interval
from monitor.users import named_users
from monitor.views.payers import Sharing
from monitor.zones import local_zone

if TYPE_CHECKING:
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from monitor.accounts.aside import Aside
    from monitor.commands.options import Setup
    from monitor.plans.agreement import Agreement
    from monitor.plans.terms import Plan
    from monitor.store.engine import Store

_NONE = "Make one with: esimmon setup"
_WITHOUT_CYCLE = ("pending", "lapsed", "expired")


class Plans:
    """All plans, as far as a report asks for them."""

    def __init__(self, setup: Setup, store: Store, *, is_running: bool) -> None:
        """Read which plans there are.

        Args:
            setup: with the configuration in force.
            store: open; what a daemon had is in it.
            is_running: whether a daemon answers.
        """
        self._store = store
        self._plans = plans_for(setup, store, is_running=is_running)

    def named(self, plan_id: str | None) -> str | None:
        """The id of a plan, if it was named.

        Raises:
            UsageError: there is no such plan.
        """
        return None if plan_id is None else _named(self._plans, plan_id).plan.id

    def zone(self, plan_id: str | None) -> ZoneInfo:
        """The zone of the plan whose cycle is meant."""
        return self._meant(plan_id).tz

    def cycle(
        self, plan_id: str | None, *, until_now: bool
    ) -> tuple[Interval, Interval]:
        """The cycle that runs now, or up to now; and all of it.

        Args:
            plan_id: of a plan; None for the only one.
            until_now: whether only the past of it is wanted.

        Returns:
            All the time of the plan where a cycle has no ends.

        Raises:
            UsageError: no such plan, or it has no cycle now.
        """
        plan, now_s = self._meant(plan_id), clock.now_s()
        found = open_book(self._store, self._plans, plan.id, now_s).now
        if found.state in _WITHOUT_CYCLE:
            raise UsageError(_without_cycle(plan, found.state, now_s))
        begin_s, end_s = found.cycle_start or 0, found.cycle_end
        past = Interval(begin_s, now_s + 1)
        whole = past if end_s is None else Interval(begin_s, end_s)
        return (past if until_now else whole), whole

    def paying(self, *, with_validities: bool) -> Paying:
        """Which plan pays for what.

        Args:
            with_validities: also at which times plans are valid.
        """
        validities: dict[str, tuple[Interval, ...]] = {}
        now_s = clock.now_s()
        for each in self._plans if with_validities else ():
            book = open_book(self._store, self._plans, each.plan.id, now_s)
            validities[each.plan.id] = book.account_now.books.validities
        return Paying(bindings_at(self._store, self._plans, now_s), validities)

    def members(self) -> dict[str, Sharing]:
        """Who shares which plan, by its id."""
        names = {
            each.plan.id: [member.id for member in each.members] for each in self._plans
        }
        return {
            plan: Sharing(named_users(ids), frozenset(ids))
            for plan, ids in names.items()
        }

    def asides(self) -> list[Aside]:
        """What plans did not count."""
        now_s = clock.now_s()
        return [
            aside
            for each in self._plans
            for aside in asides(self._store, self._plans, each.plan.id, now_s)
        ]

    def _meant(self, plan_id: str | None) -> Plan:
        found = _only(self._plans) if plan_id is None else _named(self._plans, plan_id)
        return found.plan


def insist_on_plans(
    setup: Setup, plan_id: str | None, store: Path, *, is_cycle: bool
) -> None:
    """Say what is wrong with a plan in question before a database is looked for.

    Args:
        setup: with the configuration in force.
        plan_id: of the plan that is named.
        store: the database that will be read.
        is_cycle: whether a cycle is asked for.

    Raises:
        UsageError: there is no such plan.
    """
    plans = agreements.configured(setup.config, local_zone(os.environ))
    if not plans and not _is_missing(store):
        return  # what a daemon kept may know it
    if plan_id is not None:
        _named(plans, plan_id)
    elif is_cycle:
        _only(plans)


def _is_missing(store: Path) -> bool:
    try:
        store.stat()
    except OSError as error:  # another reason is said when it is opened
        return isinstance(error, FileNotFoundError)
    return False


def _named(plans: tuple[Agreement, ...], plan_id: str) -> Agreement:
    for each in plans:
        if each.plan.id == plan_id:
            return each
    names = ", ".join(each.plan.id for each in plans)
    raise UsageError(
        f'no plan "{plan_id}". {f"There are: {names}." if names else _NONE}'
    )


def _only(plans: tuple[Agreement, ...]) -> Agreement:
    """The plan that is meant where none is named."""
    if not plans:
        raise UsageError(f'no plan yet, so there is no "cycle". {_NONE}')
    if len(plans) > 1:
        names = ", ".join(each.plan.id for each in plans)
        raise UsageError(f"which plan's cycle? Name it: --plan with one of {names}.")
    return plans[0]


def _without_cycle(plan: Plan, state: str, now_s: int) -> str:
    begins_s = plan.validity.start
    when = ""
    if state == "pending" and begins_s is not None:
        clocks = Clocks(plan.tz, local_zone(os.environ), now_s)
        when = f" until {clocks.moment(begins_s)}"
    return (
        f"the plan {plan.id} has no cycle now: it is {state}{when}. Name a "
        "period by date, such as --period month."
    )
