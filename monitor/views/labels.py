"""What the rows of a report are called, in whatever form people read it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from monitor.networks import is_local, whole
from monitor.users import user_name
from monitor.views.names import visible
from monitor.views.phrases import date_text
from monitor.views.rows import OTHER_PROCESSES, OTHERS

if TYPE_CHECKING:
    from monitor.usage import Interval
    from monitor.views.report import Report
    from monitor.views.rows import Row


def row_label(row: Row, report: Report) -> str:
    """What a row is about, for people; its first column.

    Args:
        row: one of the report's.
        report: what it is part of.

    Returns:
        Such as "Firefox", "(forwarded: docker0)" or "Mon 2 Jun 2025"; harmless.
    """
    application = row.application or ""
    called = visible(report.titles.get(application, application))
    if row.reason == OTHERS:
        return f"({row.folded} others)"
    if row.reason == OTHER_PROCESSES:
        return f"(other processes of {called or '?'})"
    if row.is_owned:
        return _subject(row, report, called)
    reason = visible(row.reason or "").replace("_", " ")
    if row.via:
        return f"({reason}: {visible(row.via)})"
    return f"({reason}) {called}".rstrip()


def _subject(row: Row, report: Report, called: str) -> str:
    if row.interval is not None:
        return _part(row.interval, report)
    if row.process is not None:
        return f"{visible(row.process.comm)} [{row.process.pid}]"
    if row.uid is not None:
        return visible(user_name(row.uid))
    if report.question.by == "network":
        return _network(row.place.network, report)
    return called or visible(row.plan or row.app_class or row.place.interface)


def _network(key: str, report: Report) -> str:
    name = report.network_names.get(whole(key), visible(whole(key)))
    return f"{name}, among neighbours" if is_local(key) else name


def _part(interval: Interval, report: Report) -> str:
    zone = report.question.zone
    local = datetime.fromtimestamp(interval.from_s, zone)
    if report.question.by == "day":
        return f"{local:%a} {date_text(local)}"
    name = f" {local:%Z}" if local.fold else ""
    return f"{date_text(local)} {local:%H:%M}{name}"
