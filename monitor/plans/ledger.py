"""The ledger of one plan, put in order: what counts, what was undone, what is known.

An entry takes effect at its instant, in file order within one. Of two with one id the
second is no entry. An undo makes the entry that it names one that never was, also an
undo; so it changes the past, and is known from its own instant on. It names any entry
that is before it in time or in the file; a second undo of the same entry finds none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from monitor.plans.entries import Activate, Replacement, Undo
from monitor.plans.localtime import NEVER

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from monitor.plans.entries import Entry

_RETROACTIVE = (Undo, Activate, Replacement)
"""Those that change what was before them."""


class Ledger(NamedTuple):
    """Entries that count.

    Attributes:
        entries: in the order of their effect, without those that were undone.
        undone: what became of each undo, by its id.
        rejudge_s: the instant of the next entry that will change the past; `NEVER`.
    """

    entries: tuple[Entry, ...]
    undone: dict[str, str]
    rejudge_s: int


def ordered(
    entries: Iterable[Entry], plan: str, known_until_s: int | None = None
) -> Ledger:
    """Find the entries that count for a plan.

    Args:
        entries: of any plan, in file order.
        plan: the plan's id.
        known_until_s: UTC seconds; what changes the past and is dated later is left
            out. None takes all.

    Returns:
        The ledger.
    """
    once: dict[str, Entry] = {}
    for entry in entries:
        once.setdefault(entry.id, entry)
    ours = [entry for entry in once.values() if entry.plan in (None, plan)]
    late_s = NEVER if known_until_s is None else known_until_s
    late = [
        entry.at_s
        for entry in ours
        if isinstance(entry, _RETROACTIVE) and entry.at_s > late_s
    ]
    known = [
        entry
        for entry in ours
        if not (isinstance(entry, _RETROACTIVE) and entry.at_s > late_s)
    ]
    written: dict[str, int] = {entry.id: place for place, entry in enumerate(known)}
    known.sort(key=lambda entry: entry.at_s)  # a stable sort keeps the file's order
    void, undone = _undone(known, written)
    left = tuple(entry for entry in known if entry.id not in void)
    return Ledger(left, undone, min(late, default=NEVER))


def _undone(
    known: Sequence[Entry], written: dict[str, int]
) -> tuple[set[str], dict[str, str]]:
    """What was undone, and what became of the undos that were not undone themselves."""
    place = {entry.id: number for number, entry in enumerate(known)}
    undos = [entry for entry in known if isinstance(entry, Undo)]
    kinds = {entry.id for entry in undos}

    def names_one(undo: Undo) -> bool:
        if undo.entry not in place or undo.entry == undo.id:
            return False
        is_before = place[undo.entry] < place[undo.id]
        # A change for next week may be taken back today, if it is no undo: that it
        # has to be before keeps undos from undoing each other in a circle.
        return is_before or (
            undo.entry not in kinds and written[undo.entry] < written[undo.id]
        )

    void: set[str] = set()
    for undo in reversed(undos):
        if undo.id not in void and names_one(undo):
            void.add(undo.entry)
    results: dict[str, str] = {}
    gone: set[str] = set()
    for undo in undos:
        if undo.id not in void:
            is_first = names_one(undo) and undo.entry not in gone
            results[undo.id] = "accepted" if is_first else "rejected:unknown_entry"
            gone.add(undo.entry)
    return void, results
