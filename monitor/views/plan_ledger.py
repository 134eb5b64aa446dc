"""A plan's ledger: what was noted, what came of it, what was undone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from monitor.plans.entries import Undo
from monitor.plans.writing import plain, utc_text
from monitor.views.names import visible
from monitor.views.phrases import wrapped
from monitor.views.plan_phrases import entry_text

if TYPE_CHECKING:
    from monitor.accounts.bookkeeping import Book
    from monitor.moments import Clocks
    from monitor.plans.entries import Entry
    from monitor.views.table import Layout

_ACCEPTED: Final = "accepted"
_CONFIGURATION: Final = "configuration"


class Row(NamedTuple):
    """An entry with what came of it.

    Attributes:
        entry: what happened.
        noted_s: UTC second at which it was written down; None for one of the
            configuration.
        by: who did.
        result: `accepted`, `rejected:REASON`, `undone`, or `waiting` for a plan that
            is not active yet.
        undone_by: id of the entry that made it one that never was; empty for none.
    """

    entry: Entry
    noted_s: int | None
    by: str
    result: str
    undone_by: str


def rows_of(book: Book) -> list[Row]:
    """The ledger of a plan.

    Args:
        book: of the plan.

    Returns:
        The entries by the time of their effect, the oldest first.
    """
    results = book.now.results
    undone: dict[str, str] = {
        entry.entry: entry.id
        for entry in book.entries
        if isinstance(entry, Undo) and results.get(entry.id) == _ACCEPTED
    }
    rows = [
        *((entry, None, _CONFIGURATION) for entry in book.agreement.entries),
        *((each.entry, each.noted_s, each.by) for each in book.noted),
    ]
    rows.sort(key=lambda row: row[0].at_s)
    return [
        Row(
            entry,
            noted_s,
            by,
            _result(entry, results, undone),
            undone.get(entry.id, ""),
        )
        for entry, noted_s, by in rows
    ]


def _result(entry: Entry, results: Any, undone: dict[str, str]) -> str:  # noqa: ANN401 - of the engine
    if entry.id in undone:
        return "undone"
    return str(results.get(entry.id, "waiting"))


def ledger_as_text(book: Book, clocks: Clocks, layout: Layout) -> str:
    """Write a ledger for people.

    Args:
        book: of the plan.
        clocks: whose clocks people look at.
        layout: what the terminal can show.

    Returns:
        Two lines for each entry; names from outside are escaped.
    """
    rows = rows_of(book)
    if not rows:
        plan = visible(book.agreement.plan.id)
        return f"{plan}: nothing is noted yet, see esimmon plan --help"
    lines: list[str] = []
    for row in rows:
        what = f"{clocks.moment(row.entry.at_s)}  {entry_text(row.entry)}"
        result = row.result.replace(":", ": ").replace("_", " ")
        if row.undone_by:
            result += f" by {row.undone_by}"
        who = f"{result}; entry {row.entry.id}, noted by {row.by}"
        lines += [*wrapped(what, layout), *wrapped(f"    {who}", layout)]
    return "\n".join(lines)


def ledger_as_json(book: Book) -> str:
    """Write a ledger for programs.

    Args:
        book: of the plan.

    Returns:
        ASCII, version 1: fields may be added, never changed.
    """
    entries = [
        plain(row.entry)
        | {
            "result": row.result,
            "undone_by": row.undone_by or None,
            "noted_at": None if row.noted_s is None else utc_text(row.noted_s),
            "by": row.by,
        }
        for row in rows_of(book)
    ]
    document = {"version": 1, "plan": book.agreement.plan.id, "entries": entries}
    return json.dumps(document, indent=2)
