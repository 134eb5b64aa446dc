"""A report as JSON, version 1: fields may be added, never changed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from monitor.views.facts import interface_facts, row_facts, utc

if TYPE_CHECKING:
    from monitor.store.queries import Gap
    from monitor.views.report import Report


def as_json(report: Report) -> str:
    """Write a report for programs.

    Args:
        report: what to write.

    Returns:
        ASCII: control characters are escaped, so it is safe on a terminal, and bytes
        of a name that are no UTF-8 are lone surrogates (Python's surrogateescape).
    """
    question, recorded = report.question, report.recorded
    return json.dumps(
        {
            "version": 1,
            "from": utc(question.period.from_s),
            "to": utc(question.period.to_s),
            "timezone": str(question.zone),
            "by": question.by,
            "plan": question.plan,
            "app": list(question.applications),
            "l3": report.l3,
            "store": str(report.store),
            "counted_from": utc(recorded.from_s) if recorded else None,
            "counted_until": utc(recorded.to_s) if recorded else None,
            "gaps": [_gap(gap) for gap in report.gaps],
            "interfaces": [interface_facts(each) for each in report.interfaces],
            "rows": [row_facts(row, report) for row in report.rows],
        },
        indent=2,
    )


def _gap(gap: Gap) -> dict[str, str | bool]:
    return {
        "from": utc(gap.interval.from_s),
        "to": utc(gap.interval.to_s),
        "clean": gap.clean,
        "same_boot": gap.same_boot,
    }
