"""What plans moved and did not count: free of charge, or not covered, and where.

The engine says how much and when; this says of which network, so that a report can put
each byte in one row.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from monitor.accounts.apart import canonical, telling_of
from monitor.accounts.bookkeeping import open_book
from monitor.plans.account import open_account
from monitor.store.samples import billed_attachments, samples
from monitor.usage import Interval

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from monitor.accounts.bookkeeping import Book
    from monitor.plans.agreement import Agreement
    from monitor.plans.samples import Sample
    from monitor.store.engine import Store


class Aside(NamedTuple):
    """Bytes of a plan that it did not count.

    Attributes:
        when: half-open.
        plan: its id.
        interface: on which they moved.
        network: the same, by key.
        zero_rated_bytes: that were free of charge.
        uncovered_bytes: outside of the plan's countries or time.
    """

    when: Interval
    plan: str
    interface: str
    network: str
    zero_rated_bytes: int
    uncovered_bytes: int


def asides(
    store: Store, plans: Iterable[Agreement], plan: str, at_s: int
) -> Iterator[Aside]:
    """What a plan did not count.

    Args:
        store: open.
        plans: all plans: who pays for what is decided between them.
        plan: the id of the one that is meant.
        at_s: UTC second up to which it is wanted.

    Yields:
        Parts in which nothing turned, in the order in which they were charged.

    Raises:
        UsageError: there is no such plan.
        StoreError: the store cannot be read.
    """
    book = open_book(store, plans, plan, at_s)
    found = sorted(_placed(store, book), key=lambda each: canonical(each[0]))
    # By the sample itself: two networks may have moved the same at the same time.
    networks = {id(sample): network for sample, network in found}
    account = open_account(
        book.agreement.plan,
        book.agreement.members,
        book.entries,
        book.bindings,
        known_until_s=at_s,
    )
    account.books.aside = []
    account.charge(
        (each for each, _ in found if each.from_s < at_s or each.to_s <= at_s), at_s
    )
    account.advance(at_s)
    for (
        start_s,
        end_s,
        sample,
        zero_rated_bytes,
        uncovered_bytes,
    ) in account.books.aside:
        yield Aside(
            Interval(start_s, end_s),
            plan,
            sample.iface,
            networks[id(sample)],
            zero_rated_bytes,
            uncovered_bytes,
        )


def _placed(store: Store, book: Book) -> Iterator[tuple[Sample, str]]:
    """The samples of a book, each with the key of its network."""
    claimed: defaultdict[str, dict[int, bool]] = defaultdict(dict)
    attachments = billed_attachments(store)
    for key, where in attachments.items():
        is_ours = book.claim.on(where)
        if is_ours is not None:
            claimed[where.network][key] = is_ours
    telling = telling_of(book.agreement, (each.entry for each in book.noted))
    for network, keys in claimed.items():
        mine = {key: attachments[key] for key in keys}
        matched = {key for key, is_ours in keys.items() if is_ours}
        for sample in samples(
            store, Interval(0, book.at_s + 1), mine, telling, matched
        ):
            yield sample, network
