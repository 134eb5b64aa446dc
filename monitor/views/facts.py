"""The columns of a report for programs: the same facts for JSON and csv."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TypeAlias

from monitor.networks.attaching import whole
from monitor.users import user_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitor.usage import Traffic
    from monitor.views.report import Report
    from monitor.views.rows import Row
    from monitor.views.totals import InterfaceTotal

Facts: TypeAlias = "dict[str, str | int | None]"
_LOCAL_DATES = {  # the others have an offset, which tells doubled hours apart
    "day": "%Y-%m-%d",
    "week": "%G-W%V",
    "month": "%Y-%m",
    "year": "%Y",
}
_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


def utc(at_s: int) -> str:
    """An instant as RFC 3339 in UTC.

    Args:
        at_s: UTC seconds.

    Returns:
        Such as "2025-05-31T18:15:00Z".
    """
    return datetime.fromtimestamp(at_s, UTC).strftime(_FORMAT)


def row_facts(row: Row, report: Report) -> Facts:
    """A row of a report by name of column.

    Args:
        row: one of the report's.
        report: what it is part of.

    Returns:
        The same names in the same order for every row of a report.
    """
    facts = _subject(row, report)
    facts["interface"] = row.place.interface
    facts["via"] = row.via
    facts["network"] = row.place.network
    facts |= traffic_facts(row.traffic)
    if row.counter is not None:
        facts["rx_counter_bytes"] = row.counter.rx_bytes
        facts["tx_counter_bytes"] = row.counter.tx_bytes
    if report.question.compare:
        facts["before_rx_bytes"] = (
            row.before.rx_bytes if row.before is not None else None
        )
        facts["before_tx_bytes"] = (
            row.before.tx_bytes if row.before is not None else None
        )
    return facts


def _subject(row: Row, report: Report) -> Facts:
    by = report.question.by
    facts: Facts = {
        "application": row.application,
        "reason": row.reason,
        "class": row.app_class,
    }
    if by in ("application", "process"):
        entry = report.entries.get(row.application or "")
        facts["title"] = entry.name or None if entry else None
        facts["icon"] = entry.icon or None if entry else None
    if report.question.is_in_time:
        return facts | _part(row, report)
    return facts | _SUBJECTS.get(by, _nothing)(row, report)


def _nothing(row: Row, report: Report) -> Facts:
    del row, report  # what every row has says it already
    return {}


def _user(row: Row, report: Report) -> Facts:
    del report
    name = None if row.uid is None else user_name(row.uid)
    return {"uid": row.uid, "user": name}


def _network(row: Row, report: Report) -> Facts:
    name = report.network_labels.get(whole(row.place.network))
    return {"network_name": name or None}


def _part(row: Row, report: Report) -> Facts:
    interval = row.interval
    return {
        report.question.by: _local(interval.from_s, report) if interval else None,
        "from": utc(interval.from_s) if interval else None,
        "to": utc(interval.to_s) if interval else None,
    }


def _process(row: Row, report: Report) -> Facts:
    del report
    process, active = row.process, row.active
    started_s = process.started_s if process else None
    return {
        "pid": process.pid if process else None,
        "started_at": None if started_s is None else utc(started_s),
        "comm": process.comm if process else None,
        "exe": process.exe if process else None,
        "uid": process.uid if process else None,
        "first_at": utc(active.from_s) if active else None,
        "last_at": utc(active.to_s) if active else None,
    }


_SUBJECTS: Final[dict[str, Callable[[Row, Report], Facts]]] = {
    "process": _process,
    "user": _user,
    "network": _network,
    "plan": lambda row, _: {"plan": row.plan},
    "member": lambda row, _: {"plan": row.plan, "member": row.member},
    "device": lambda row, _: {"device": row.device},
}


def _local(at_s: int, report: Report) -> str:
    local = datetime.fromtimestamp(at_s, report.question.zone)
    written = _LOCAL_DATES.get(report.question.by)
    return local.strftime(written) if written else local.isoformat(timespec="minutes")


def interface_facts(interface: InterfaceTotal) -> dict[str, str | int | float | None]:
    """An interface with its bill and coverage by name of column.

    Args:
        interface: one of a report's.

    Returns:
        Layer-3 bytes and packets, raw counters, explained percent; how much of layer 3
        is estimated; beside it, what stayed among a tether's neighbours; whether it
        stands for another device, whose export was imported.
    """
    permille = interface.coverage_permille
    return {
        "name": interface.name,
        **traffic_facts(interface.bill.l3),
        "rx_counter_bytes": interface.bill.counter.rx_bytes,
        "tx_counter_bytes": interface.bill.counter.tx_bytes,
        "coverage_pct": None if permille is None else permille / 10,
        "estimated_bytes": interface.estimated_bytes,
        "rx_local_bytes": interface.local.rx_bytes,
        "tx_local_bytes": interface.local.tx_bytes,
        "is_other_device": bool(interface.elsewhere),
    }


def traffic_facts(traffic: Traffic) -> dict[str, int]:
    """Bytes and packets by name of column.

    Args:
        traffic: usage.

    Returns:
        Exact integers.
    """
    return {
        "rx_bytes": traffic.rx_bytes,
        "tx_bytes": traffic.tx_bytes,
        "rx_packets": traffic.rx_packets,
        "tx_packets": traffic.tx_packets,
    }
