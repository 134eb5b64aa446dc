"""What some programs moved, as if nothing else had been moved.

Bills are pretended that hold just their bytes: then every report of them is made, and
adds up, as one of everything does.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from monitor.store.queries import InterfaceBill
from monitor.usage import Traffic
from monitor.views.rows import sums
from monitor.views.subjects import Part

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.store.queries import ExplanationRow
    from monitor.views.question import Question
    from monitor.views.subjects import Records


def narrowed(records: Records, question: Question) -> Records:
    """Keep what a question means.

    Args:
        records: of the interfaces and the period in question.
        question: what is wanted.

    Returns:
        The same where all of it is.
    """
    if not question.is_narrow:
        return records
    rows = [row for row in records.explanation if question.means(row)]
    return replace(
        records,
        bills=_bills(rows),
        explanation=rows,
        processes=[
            usage for usage in records.processes if question.names(usage.application)
        ],
        parts=[_part(part, question) for part in records.parts],
        paid=[_part(part, question) for part in records.paid],
    )


def _part(part: Part, question: Question) -> Part:
    rows = [row for row in part.explanation if question.means(row)]
    return Part(part.interval, _bills(rows), rows)


def _bills(rows: Iterable[ExplanationRow]) -> list[InterfaceBill]:
    moved = sums((row.where, row.traffic) for row in rows)
    return [
        InterfaceBill(where, Traffic(), traffic) for where, traffic in moved.items()
    ]
