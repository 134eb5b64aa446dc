"""A report as JSON, version 1: fields may be added, never changed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from monitor.views.facts import interface_facts, row_facts, traffic_facts, utc

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
            **_besides(report),
        },
        indent=2,
    )


def _besides(report: Report) -> dict[str, object]:
    """What was added since the first of version 1."""
    question, before = report.question, report.before
    return {
        "top": question.top,
        "background": question.background,
        "metered": question.metered,
        "total": traffic_facts(report.total.l3),
        "shown": traffic_facts(report.shown),
        "billed": traffic_facts(report.billed),
        "this_device": traffic_facts(report.total.l3 - report.elsewhere),
        "other_devices": traffic_facts(report.elsewhere),
        "before": None
        if before is None
        else {
            "from": utc(before.period.from_s),
            "to": utc(before.period.to_s),
            **traffic_facts(before.traffic),
        },
        "slots_from": utc(report.kept.spans_from_s),
        "hours_from": utc(report.kept.hours_from_s),
    }


def _gap(gap: Gap) -> dict[str, str | bool]:
    return {
        "from": utc(gap.interval.from_s),
        "to": utc(gap.interval.to_s),
        "clean": gap.clean,
        "same_boot": gap.same_boot,
    }
