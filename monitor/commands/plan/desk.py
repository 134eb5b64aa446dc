"""One plan's book, as every command of a plan opens it."""

from __future__ import annotations

import functools
import os
import sys
from typing import TYPE_CHECKING, TypeVar

import click

from monitor import clock
from monitor.accounts import agreements, bookkeeping
from monitor.commands.options import plan_ids, with_setup
from monitor.commands.plan.values import NAMED
from monitor.errors import RejectedError
from monitor.moments import Clocks
from monitor.store import ledger
from monitor.store.engine import open_store
from monitor.views.table import terminal_layout
from monitor.zones import local_zone

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitor.accounts.bookkeeping import Book
    from monitor.commands.options import Setup
    from monitor.plans.agreement import Agreement
    from monitor.plans.terms import Plan
    from monitor.plans.values import Name
    from monitor.store.engine import Store
    from monitor.views.table import Layout

_R = TypeVar("_R")


class Desk:
    """One plan's book, open on the store of the running daemon or of this user.

    Attributes:
        store: the database.
        socket: of the daemon that writes it; None without one.
        plans: all plans.
        book: of the plan that is meant.
        clocks: whose clocks people look at.
    """

    def __init__(self, setup: Setup, plan: str) -> None:
        """Read what is known.

        Raises:
            EsimmonError: no such plan, or the store cannot be read.
        """
        now_s = clock.now_s()
        self.store, self.socket = setup.flushed()
        with open_store(self.store, writable=False) as store:
            self.plans = plans_for(setup, store, is_running=self.socket is not None)
            self.book: Book = bookkeeping.open_book(store, self.plans, plan, now_s)
        self.clocks = Clocks(self.plan.tz, local_zone(os.environ), now_s)

    @property
    def plan(self) -> Plan:
        """What was bought."""
        return self.book.agreement.plan

    @property
    def layout(self) -> Layout:
        """What the terminal can show."""
        return terminal_layout(sys.stdout, os.environ)


def plans_for(setup: Setup, store: Store, *, is_running: bool) -> tuple[Agreement, ...]:
    """All plans: the running daemon's, else those that one started now would have.

    Args:
        setup: with the configuration in force.
        store: open; what a daemon had is in it.
        is_running: whether a daemon answers.
    """
    kept = agreements.kept(store)
    if is_running or store.path != setup.store():
        return kept
    return agreements.configured(setup.config, local_zone(os.environ)) or kept


def find_plan(setup: Setup, entry_id: str) -> str:
    """The plan whose ledger has an entry.

    Args:
        setup: which store.
        entry_id: of the entry.

    Returns:
        The plan's id.

    Raises:
        RejectedError: there is none, or it is of each plan.
        StoreError: the store cannot be read.
    """
    path, socket = setup.flushed()
    with open_store(path, writable=False) as store:
        plans = plans_for(setup, store, is_running=socket is not None)
        noted = [each.entry for each in ledger.entries(store)]
    for entry in (*noted, *(entry for each in plans for entry in each.entries)):
        if entry.id == entry_id:
            if entry.plan is None:
                raise RejectedError(f"{entry_id} is of each plan. Nothing noted.")
            return entry.plan
    raise RejectedError(f'the ledger has no entry "{entry_id}". Nothing noted.')


def show(text: str) -> None:
    """Write to standard output.

    Args:
        text: with its names escaped.
    """
    # Named, because click takes ASCII for a mistake and writes UTF-8 instead.
    click.echo(text, file=sys.stdout)


def with_desk(function: Callable[..., _R]) -> Callable[..., _R]:
    """Give a command a plan, `--config` and `--store`; its first argument is a `Desk`.

    Args:
        function: the command.

    Returns:
        A function for `click.command`.
    """

    @click.argument("plan", type=NAMED, shell_complete=plan_ids)
    @with_setup
    @functools.wraps(function)
    def command(setup: Setup, *, plan: Name, **options: object) -> _R:
        return function(Desk(setup, plan), **options)

    return command
