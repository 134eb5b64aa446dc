"""What was agreed: the words of each plan by time, and cycles that closed under them.

The words are text to the store; who reads them knows what they mean. A plan that was
removed has no words from then on, and its ledger stays.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import bindparam, delete, func, select
from sqlalchemy.dialects.sqlite import insert

from monitor.store.plan_tables import PLAN_CYCLES, PLAN_TERMS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection

    from monitor.store.engine import Store

REMOVED: Final = ""
"""In place of words: the plan was removed."""

_PUT = insert(PLAN_TERMS)
_PUT = _PUT.on_conflict_do_update(
    index_elements=list(PLAN_TERMS.primary_key),
    set_={name: _PUT.excluded[name] for name in ("hash", "body")},
)
# The clock was set back: words said now are not hidden by those said before.
_FORGET_LATER = delete(PLAN_TERMS).where(
    PLAN_TERMS.c.plan == bindparam("of_plan"), PLAN_TERMS.c.from_s > bindparam("at_s")
)
_CLOSE = insert(PLAN_CYCLES).on_conflict_do_nothing()


class Terms(NamedTuple):
    """A plan in the words that are in force from a second on.

    Attributes:
        plan: its id.
        from_s: UTC second.
        hash: of the words, in hexadecimal; names them in a closed cycle.
        body: the words.
    """

    plan: str
    from_s: int
    hash: str
    body: str


class ClosedCycle(NamedTuple):
    """A cycle that is judged no more.

    Attributes:
        plan: whose.
        start_s: UTC second.
        end_s: the same.
        used_bytes: what was used in it.
        terms_hash: of the words under which it was judged.
    """

    plan: str
    start_s: int
    end_s: int
    used_bytes: int
    terms_hash: str


def hash_of(body: str) -> str:
    """The name of some words."""
    return hashlib.sha256(body.encode()).hexdigest()


def put_terms(store: Store, bodies: Mapping[str, str], at_s: int) -> list[str]:
    """Say which plans there are now, and in which words.

    Args:
        store: open for writing.
        bodies: the words by plan; a plan that is not here is removed.
        at_s: UTC second from which that holds; of two words from one second the later
            ones stay.

    Returns:
        The plans whose words changed.

    Raises:
        StoreError: nothing was written.
    """
    with store.begin() as connection:
        known = {terms.plan: terms.body for terms in _newest(connection)}
        now = dict.fromkeys(known, REMOVED) | dict(bodies)
        rows = [
            {"plan": plan, "from_s": at_s, "hash": hash_of(body), "body": body}
            for plan, body in now.items()
            if known.get(plan, REMOVED) != body
        ]
        if rows:
            later = [{"of_plan": row["plan"], "at_s": at_s} for row in rows]
            connection.execute(_FORGET_LATER, later)
            connection.execute(_PUT, rows)
    return [str(row["plan"]) for row in rows]


def terms(store: Store) -> list[Terms]:
    """The plans that there are, in the words in force.

    Args:
        store: open.

    Returns:
        By plan, in the order of their ids.

    Raises:
        StoreError: it cannot be read.
    """
    with store.read() as connection:
        found = _newest(connection)
    return [each for each in found if each.body != REMOVED]


def _newest(connection: Connection) -> list[Terms]:
    """By plan the newest words."""
    newest = (
        select(PLAN_TERMS.c.plan, func.max(PLAN_TERMS.c.from_s).label("from_s"))
        .group_by(PLAN_TERMS.c.plan)
        .subquery()
    )
    joined = PLAN_TERMS.join(
        newest,
        (PLAN_TERMS.c.plan == newest.c.plan) & (PLAN_TERMS.c.from_s == newest.c.from_s),
    )
    rows = select(PLAN_TERMS).select_from(joined).order_by(PLAN_TERMS.c.plan)
    return [Terms(*row) for row in connection.execute(rows)]


def close_cycles(store: Store, cycles: Iterable[ClosedCycle]) -> None:
    """Keep what cycles came to; one that is kept already stays as it is.

    Args:
        store: open for writing.
        cycles: which are judged no more.

    Raises:
        StoreError: none was kept.
    """
    rows = [cycle._asdict() for cycle in cycles]
    if rows:
        with store.begin() as connection:
            connection.execute(_CLOSE, rows)


def closed_cycles(store: Store, plan: str) -> list[ClosedCycle]:
    """The cycles of a plan that are judged no more.

    Args:
        store: open.
        plan: its id.

    Returns:
        The oldest first.

    Raises:
        StoreError: they cannot be read.
    """
    wanted = select(PLAN_CYCLES).where(PLAN_CYCLES.c.plan == plan)
    with store.read() as connection:
        rows = connection.execute(wanted.order_by(PLAN_CYCLES.c.start_s)).all()
    return [ClosedCycle(*row) for row in rows]
