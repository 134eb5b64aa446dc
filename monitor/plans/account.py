"""The running state of one plan: samples and time go in, figures come out.

Samples are charged in pieces between the instants at which something turns, in order of
their start, so a caller feeds them in that order (ties in an order of its own). What
reaches beyond the next turn waits until time or a later sample comes there.

An answer at t is the same whether everything was charged at once or step by step, with
copies asked in between. Two things change the past, so the caller has to begin anew: a
sample that starts before what was charged last, and a ledger entry of the kinds behind
`rejudge_s` when its instant has come. Both raise a `PlanError`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.plans.checking import refuse
from monitor.plans.contract import Contract
from monitor.plans.feeding import Feed
from monitor.plans.localtime import NEVER

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from monitor.plans.background import Night
    from monitor.plans.books import Books, Drift
    from monitor.plans.entries import Entry
    from monitor.plans.samples import Sample
    from monitor.plans.terms import Binding, Member, Plan


class Account:
    """One plan as time and samples leave it; `open_account` makes one."""

    __slots__ = ("_feed",)

    def __init__(self, feed: Feed) -> None:
        """Take what is charged."""
        self._feed = feed

    def copy(self) -> Account:
        """An account that goes on apart from this one; cheap."""
        return Account(self._feed.copy())

    def charge(self, samples: Iterable[Sample], until_s: int = NEVER) -> None:
        """Take further samples.

        Args:
            samples: in order of their start.
            until_s: UTC second; what samples moved after it is left out.

        Raises:
            PlanError: one starts before what was charged last.
        """
        self._feed.charge(samples, until_s)

    def advance(self, at_s: int) -> Account:
        """Move time on: cycles change, entries take effect, validities end.

        Args:
            at_s: UTC seconds; samples that reach beyond are charged up to it.

        Returns:
            The account itself.

        Raises:
            PlanError: it has been there already.
        """
        self._feed.advance(at_s)
        return self

    def seen_at(self, at_s: int) -> Account:
        """The account as it is at an instant.

        Args:
            at_s: UTC seconds, not before what was charged last.

        Returns:
            Itself if time was moved there, else a copy.

        Raises:
            PlanError: it is beyond that instant.
        """
        if self._feed.is_at(at_s):
            return self
        feed = self._feed.copy()
        feed.advance(at_s)
        feed.begin()
        return Account(feed)

    @property
    def books(self) -> Books:
        """Lots, counters, history, results."""
        return self._feed.books

    @property
    def plan(self) -> Plan:
        """What was bought."""
        return self.books.contract.plan

    @property
    def steady_until_s(self) -> int:
        """UTC second until which, without samples, nothing changes but the forecast."""
        now_s, silences = self.books.clock_s, self.books.snoozed.values()
        ends = [end_s for end_s in silences if end_s is not None and end_s > now_s]
        return min([self._feed.steady_until_s, *ends])

    @property
    def rejudge_s(self) -> int | None:
        """From this UTC second on the past is another: open the account anew."""
        rejudge_s = self.books.contract.ledger.rejudge_s
        return None if rejudge_s == NEVER else rejudge_s

    @property
    def turns_s(self) -> int:
        """UTC second at which it changes without a sample; a local midnight at most."""
        return self._feed.turns_s

    @property
    def stays(self) -> tuple[tuple[int, str], ...]:
        """Begun stays in countries outside the plan, the last 100.

        Each is the UTC second of its first sample, and the country.
        """
        return self._feed.stays

    @property
    def drifts(self) -> tuple[Drift, ...]:
        """What calibrations of the main lots changed."""
        return self.books.drifts

    @property
    def snoozed(self) -> dict[str, int | None]:
        """Kinds of alerts that are silent, and until which UTC second; None: ever."""
        cycle = self.books.cycle
        end_s = None if cycle is None or cycle.to_s == NEVER else cycle.to_s
        return {
            kind: end_s if until_s is None else until_s
            for kind, until_s in sorted(self.books.snoozed.items())
            if until_s is None or until_s > self.books.clock_s
        }

    def nights(self, at_s: int) -> list[Night]:
        """Raw bytes by application in the window of the background alert.

        Args:
            at_s: UTC seconds, to which time was moved.

        Returns:
            The windows from whose start to whose end that is, both included.
        """
        return [] if self._feed.nights is None else self._feed.nights.at(at_s)


def open_account(
    plan: Plan,
    members: Sequence[Member] = (),
    entries: Sequence[Entry] = (),
    bindings: Sequence[Binding] | None = None,
    *,
    known_until_s: int | None = None,
) -> Account:
    """Begin the account of a plan.

    Args:
        plan: what was bought.
        members: who shares it.
        entries: of the ledger, in file order; those of other plans are left out.
        bindings: of the plan; None: all samples are the plan's.
        known_until_s: UTC second; entries that change the past and are dated later are
            not known yet (see `Account.rejudge_s`). None: all are.

    Returns:
        The account before its first sample.

    Raises:
        PlanError: plan, members or ledger make no sense.
    """
    refuse(plan, members, entries)
    return Account(Feed(Contract(plan, members, entries, bindings, known_until_s)))


def replay(  # noqa: PLR0913, PLR0917 - what an answer is a function of, all of it
    plan: Plan,
    members: Sequence[Member],
    entries: Sequence[Entry],
    bindings: Sequence[Binding] | None,
    samples: Iterable[Sample],
    at_s: int,
) -> Account:
    """Judge a plan from its beginning.

    Args:
        plan: what was bought.
        members: who shares it.
        entries: of the ledger, in file order.
        bindings: of the plan; None: all samples are the plan's.
        samples: in any order; those that are not dated yet do not count.
        at_s: UTC second asked about.

    Returns:
        The account at that instant.

    Raises:
        PlanError: plan, members or ledger make no sense.
    """
    account = open_account(plan, members, entries, bindings, known_until_s=at_s)
    known = [each for each in samples if each.from_s < at_s or each.to_s <= at_s]
    known.sort(key=lambda each: min(each.from_s, each.to_s))
    account.charge(known, at_s)
    return account.advance(at_s).seen_at(at_s)
