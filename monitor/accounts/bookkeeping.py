"""The books of the plans: read from the store, tried out, written down.

An entry is judged by the whole history with it: what a rule of the plan forbids, and
what would make an entry forbidden that was allowed before, is not written. Commands
judge to show what would come; who writes judges again, with nobody in between.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.accounts.apart import canonical, telling_of
from monitor.accounts.paying import bindings_at
from monitor.accounts.pooled import in_order, shared
from monitor.errors import RejectedError, UsageError
from monitor.escapes import visible
from monitor.plans.account import open_account, replay
from monitor.plans.agreement import bindings_of
from monitor.plans.entries import Undo
from monitor.plans.payers import Claim
from monitor.plans.rules import rule_against
from monitor.plans.status import status
from monitor.store import agreed, ledger
from monitor.store.samples import billed_attachments, samples
from monitor.usage import Interval

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from monitor.plans.account import Account
    from monitor.plans.agreement import Agreement
    from monitor.plans.entries import Entry
    from monitor.plans.lots import Lot
    from monitor.plans.measured import Telling
    from monitor.plans.samples import Sample
    from monitor.plans.status import Status
    from monitor.plans.terms import Binding
    from monitor.store.agreed import ClosedCycle
    from monitor.store.engine import Store
    from monitor.store.ledger import Noted

ACCEPTED: Final = "accepted"
_REJECTED: Final = "rejected:"


@dataclass(frozen=True)
class Book:
    """All that says how a plan stands.

    Attributes:
        agreement: the plan and what belongs to it.
        noted: its ledger in the store, in order.
        claim: which networks on which interfaces it pays for.
        bindings: which interfaces it pays for, and when.
        samples: what was measured on these, and by other devices of a pool, in the
            order in which it is charged.
        closed: cycles that are judged no more, the oldest first.
        at_s: UTC second up to which that is known.
        telling: what the samples of this device tell apart.
    """

    agreement: Agreement
    noted: tuple[Noted, ...]
    claim: Claim
    bindings: tuple[Binding, ...]
    samples: Sequence[Sample]
    closed: tuple[ClosedCycle, ...]
    at_s: int
    telling: Telling

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Those of the configuration, then the ledger's."""
        return (*self.agreement.entries, *(each.entry for each in self.noted))

    def account(self, at_s: int, *more: Entry) -> Account:
        """The plan's account at an instant, or what it would be.

        Args:
            at_s: UTC seconds.
            more: entries that are not written yet.
        """
        terms = self.agreement
        written = (*self.entries, *more)
        return replay(
            terms.plan, terms.members, written, self.bindings, self.samples, at_s
        )

    def opened(self, until_s: int) -> tuple[Account, list[Sample]]:
        """The plan's account at an instant, to be charged further.

        Args:
            until_s: UTC seconds.

        Returns:
            The account, and the samples of `at_s` and before that it does not have yet.
        """
        terms = self.agreement
        account = open_account(
            terms.plan,
            terms.members,
            self.entries,
            self.bindings,
            known_until_s=self.at_s,
        )
        account.charge(each for each in self.samples if each.from_s < until_s)
        account.advance(until_s)
        return account, [
            each
            for each in self.samples
            if each.from_s >= until_s
            and (each.from_s < self.at_s or each.to_s <= self.at_s)
        ]

    def standing(self, at_s: int, *more: Entry) -> Status:
        """How the plan stands at an instant, or would; as `account`."""
        return status(self.account(at_s, *more), at_s)

    @property
    def history(self) -> list[tuple[int | None, int, int]]:
        """All cycles that are over: start, end and bytes used; the oldest first.

        Those that are judged no more stay as they were kept, whatever the plan says
        now; of the others the first may begin before the last of them ends.
        """
        kept = [(each.start_s, each.end_s, each.used_bytes) for each in self.closed]
        until_s = max((end_s for _, end_s, _ in kept), default=None)
        judged = [
            cycle
            for cycle in self.now.history or ()
            if until_s is None or cycle[1] > until_s
        ]
        return [*sorted(kept, key=lambda cycle: cycle[1]), *judged]

    @cached_property
    def now(self) -> Status:
        """How the plan stands."""
        return status(self.account_now, self.at_s)

    @cached_property
    def account_now(self) -> Account:
        """The plan's account as it is."""
        return self.account(self.at_s)


class Trial(NamedTuple):
    """What an entry would do.

    Attributes:
        book: without it.
        entry: what was tried.
        before: how the plan stands.
        after: how it would stand.
        lots: that there would be.
    """

    book: Book
    entry: Entry
    before: Status
    after: Status
    lots: list[Lot]

    def when_it_happened(self) -> tuple[Status, Status]:
        """How the plan stood without it and with it when it took effect."""
        at_s, book = self.entry.at_s, self.book
        if at_s >= book.at_s or self.after.state == "pending":
            return self.before, self.after
        began_s = self.after.validity_start
        if book.standing(at_s, self.entry).state == "pending" and began_s is not None:
            at_s = began_s  # what was dated before the activation took effect with it
        return book.standing(at_s), book.standing(at_s, self.entry)


def open_book(
    store: Store,
    plans: Iterable[Agreement],
    plan: str,
    at_s: int,
    devices: Iterable[str] = (),
) -> Book:
    """Read what is known of a plan.

    Args:
        store: open.
        plans: all plans: who pays for what is decided between them.
        plan: the id of the one that is meant.
        at_s: UTC second up to which it is wanted.
        devices: names of interfaces that are there and need not be recorded yet.

    Returns:
        Its book.

    Raises:
        UsageError: there is no such plan.
        StoreError: the store cannot be read.
    """
    known: dict[str, Agreement] = {each.plan.id: each for each in plans}
    if plan not in known:
        there = ", ".join(sorted(known)) or "none"
        raise UsageError(f'no plan "{plan}". There are: {there}.')
    noted = tuple(ledger.entries(store, plan))
    pool = shared(store, plan)
    if pool is not None:
        noted = tuple(in_order(noted, pool))
    attachments = billed_attachments(store)
    seen = {each.device for each in attachments.values()}.union(devices)
    together = bindings_at(store, known.values(), at_s)
    bindings = bindings_of(plan, together, seen)
    claim = Claim(together, plan, frozenset(bind.iface for bind in bindings))
    claims = {key: claim.on(each) for key, each in attachments.items()}
    mine = {
        key: attachments[key] for key, is_ours in claims.items() if is_ours is not None
    }
    matched = {key for key, is_ours in claims.items() if is_ours}
    owner = "" if pool is None else pool.own.member
    telling = telling_of(known[plan], (each.entry for each in noted), owner)
    period = Interval(0 if pool is None else pool.own.from_s, at_s + 1)
    found = samples(store, period, mine, telling, matched) if mine else []
    if pool is not None:
        found += pool.samples
    closed = tuple(agreed.closed_cycles(store, plan))
    found.sort(key=canonical)
    return Book(known[plan], noted, claim, bindings, found, closed, at_s, telling)


def attempt(book: Book, entry: Entry) -> Trial:
    """See what an entry would do.

    Args:
        book: of its plan.
        entry: not in the book yet.

    Returns:
        How the plan stands without it and with it.

    Raises:
        RejectedError: a rule forbids it, or it would make another entry forbidden.
    """
    plan = book.agreement.plan
    if entry.at_s > book.at_s:
        raise RejectedError(
            f"{plan.id}: that is in the future; note it when it has happened. "
            "Nothing noted."
        )
    account = book.account(book.at_s, entry)
    before, after = book.now, status(account, book.at_s)
    result = after.results.get(entry.id, ACCEPTED)
    if result != ACCEPTED:
        why = rule_against(plan, entry, result.removeprefix(_REJECTED), before)
        raise RejectedError(f"{plan.id}: {why}. Nothing noted.")
    if after.state == "lapsed":
        raise RejectedError(
            f"{plan.id}: it was not activated in time and is over. Nothing noted."
        )
    _insist_on_the_rest(book, entry, after)
    return Trial(book, entry, before, after, account.books.lots)


def _insist_on_the_rest(book: Book, entry: Entry, after: Status) -> None:
    """Refuse what would take the ground from under an entry that holds.

    Raises:
        RejectedError: names the first one.
    """
    undone = entry.entry if isinstance(entry, Undo) else None
    for entry_id, result in book.now.results.items():
        now = after.results.get(entry_id, ACCEPTED)
        if result == ACCEPTED and now != ACCEPTED and entry_id != undone:
            raise RejectedError(
                f'{book.agreement.plan.id}: with that, the entry "{visible(entry_id)}" '
                f"would not hold any more ({now.removeprefix(_REJECTED)}); undo it "
                "first. Nothing noted."
            )


def note(
    store: Store, plans: Iterable[Agreement], entry: Entry, now_s: int, by: str
) -> bool:
    """Judge an entry and write it down.

    Args:
        store: open for writing, with everything flushed.
        plans: all plans.
        entry: names its plan.
        now_s: UTC second now.
        by: who says so.

    Returns:
        False when it is in the ledger already.

    Raises:
        RejectedError: a rule forbids it.
        UsageError: there is no such plan.
        StoreError: it cannot be written, or its id is that of another entry.
    """
    book = open_book(store, plans, entry.plan or "", now_s)
    if not is_noted(book, entry):
        attempt(book, entry)
    return ledger.append(store, entry, now_s, by)


def is_noted(book: Book, entry: Entry) -> bool:
    """Whether the ledger has an entry of this id."""
    return any(each.entry.id == entry.id for each in book.noted)
