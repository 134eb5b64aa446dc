"""What the verbs share: one entry is tried, handed to who writes, and told.

A running daemon writes; without one the command does, and waits a little for another
command that is about to. The id makes a repeat harmless, also when nobody knows what
became of the first try.
"""

from __future__ import annotations

import functools
import os
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from monitor import clock
from monitor.accounts import bookkeeping
from monitor.commands.handing import hand_over, write_here
from monitor.commands.options import plan_ids, with_setup
from monitor.commands.plan.desk import Desk, show
from monitor.commands.plan.values import NAMED, moment_of
from monitor.escapes import visible
from monitor.plans.values import Name, Second
from monitor.plans.writing import plain
from monitor.users import user_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from monitor.accounts.bookkeeping import Trial
    from monitor.commands.options import Setup
    from monitor.moments import Clocks
    from monitor.plans.entries import Entry

_R = TypeVar("_R")

_ID_BYTES: Final = 6


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the options of every verb said.

    Attributes:
        at: when it happened; None for now.
        dry_run: only show what would be.
        entry_id: of the entry; None for a new one.
    """

    at: str | None = None
    dry_run: bool = False
    entry_id: str | None = None


class Noting(Desk):
    """A desk at which one entry is written.

    Attributes:
        stamp: id, times and plan of the entry.
    """

    def __init__(self, setup: Setup, plan: str, wanted: Wanted) -> None:
        """Read what is known.

        Raises:
            EsimmonError: no such plan, no such time, or the store cannot be read.
        """
        super().__init__(setup, plan)
        now_s = self.clocks.now_s
        as_of = None
        if wanted.at is not None:
            as_of = moment_of(wanted.at, "--at", self.plan.tz, now_s)
        self._dry_run = wanted.dry_run
        self.stamp: dict[str, Any] = {
            "id": Name(wanted.entry_id or secrets.token_hex(_ID_BYTES)),
            "ts": Second(now_s),
            "as_of": as_of,
            "plan": Name(plan),
        }

    def write(
        self, entry: Entry, tell: Callable[[Trial, Clocks], Iterable[str]]
    ) -> None:
        """Note an entry, and say what it did.

        Args:
            entry: with this stamp.
            tell: what to say of it.

        Raises:
            RejectedError: a rule of the plan forbids it.
            EsimmonError: it could not be written.
        """
        if bookkeeping.is_noted(self.book, entry):
            self._hand_over(entry)  # who writes compares what both say
            _say(f"{self.plan.id}: {entry.id} was noted before; nothing changed.")
            return
        trial = bookkeeping.attempt(self.book, entry)
        if not self._dry_run:
            self._hand_over(entry)
        for line in tell(trial, self.clocks):
            _say(line)
        if self._dry_run:
            _say("Dry run: nothing noted.")

    def _hand_over(self, entry: Entry) -> None:
        if self.socket is None:
            by = user_name(os.geteuid())
            write_here(
                self.store,
                lambda store: bookkeeping.note(
                    store, self.plans, entry, clock.now_s(), by
                ),
            )
            return
        hand_over(
            self.socket,
            "ledger.append",
            {"entry": plain(entry)},
            "the daemon did not say whether it noted that. Repeat the command with "
            f"--id {entry.id}: it is noted once.",
        )


def _say(line: str) -> None:
    show(visible(line))


def with_wanted(function: Callable[..., _R]) -> Callable[..., _R]:
    """Give a command the options of every verb, as `wanted`.

    Args:
        function: the command.

    Returns:
        A function for `click.command`.
    """

    @click.option(
        "--at",
        "--as-of",
        "at",
        metavar="TIME",
        help="When it happened, in the plan's zone unless an offset is given: 10:40, "
        "2026-11-20T10:40, 2026-11-20T10:40Z. Now, without.",
    )
    @click.option(
        "--dry-run", is_flag=True, help="Show what would be, and note nothing."
    )
    @click.option(
        "--id",
        "entry_id",
        metavar="ID",
        type=NAMED,
        help="Of the new entry; a repeat with the same id changes nothing.",
    )
    @functools.wraps(function)
    def command(
        *, at: str | None, dry_run: bool, entry_id: Name | None, **options: object
    ) -> _R:
        return function(wanted=Wanted(at, dry_run, entry_id), **options)

    return command


def with_entry(function: Callable[..., _R]) -> Callable[..., _R]:
    """Give a verb a plan and what all verbs take; its first argument is a `Noting`.

    Args:
        function: the command.

    Returns:
        A function for `click.command`.
    """

    @click.argument("plan", type=NAMED, shell_complete=plan_ids)
    @with_wanted
    @with_setup
    @functools.wraps(function)
    def command(setup: Setup, *, plan: Name, wanted: Wanted, **options: object) -> _R:
        return function(Noting(setup, plan, wanted), **options)

    return command
