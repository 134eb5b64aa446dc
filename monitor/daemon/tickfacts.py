"""What the last tick moved, by whom, for who looks at it live."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from monitor.counting.booking import unexplained
from monitor.usage import Interval, Traffic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from monitor.attribution.shares import Attributed
    from monitor.counting.live import Ticked
    from monitor.usage import Attachment, Process

TICKS: Final = "usage.ticks"
"""The method; the daemon ticks every second while somebody follows it."""
UNATTRIBUTED: Final = "unattributed"
"""Reason of bytes that no row explains."""
LEFT_OUT: Final = "others"
"""Reason of the rows beyond the largest, together."""
MOST_ROWS: Final = 200
"""Of one tick: a line of some 60 kB, which a socket takes at once: unix(7)."""
_LONGEST: Final = 120


def tick_facts(
    tick: Ticked | None,
    plan_of: Callable[[Attachment], str | None],
    name_of: Callable[[Process], str],
) -> dict[str, Any]:
    """Write what a tick moved over billed networks.

    Args:
        tick: the last one; None before there was any.
        plan_of: who pays for a network on a device.
        name_of: what a process calls itself now.

    Returns:
        Values for JSON: `until_ns` (CLOCK_BOOTTIME of its end), `interval_s`, `devices`
        with what each moved, and `rows` that add up to it, the largest first. Bytes
        are IP packets.
    """
    if tick is None or not isinstance(tick.when, Interval):
        return {"until_ns": 0, "interval_s": 0.0, "devices": [], "rows": []}
    bills = {at: bill for at, bill in tick.bills.items() if at.billed}
    rows = [row for row in tick.rows if row.attachment.billed]
    facts = [_row(row, name_of) for row in rows] + [
        _nobodys((at.device, at.network), UNATTRIBUTED, rest)
        for at, rest in unexplained(bills, rows).items()
        if rest
    ]
    facts.sort(key=lambda row: -row["rx_bytes"] - row["tx_bytes"])
    return {
        "until_ns": tick.until_ns,
        "interval_s": tick.interval_s,
        "devices": [
            {
                "device": at.device,
                "network": at.network,
                "metered": at.metered,
                "plan": plan_of(at),
                "rx_bytes": bill.l3.rx_bytes,
                "tx_bytes": bill.l3.tx_bytes,
            }
            for at, bill in bills.items()
        ],
        "rows": facts[:MOST_ROWS] + _together(facts[MOST_ROWS:]),
    }


def _row(row: Attributed, name_of: Callable[[Process], str]) -> dict[str, Any]:
    share, process, where = row.share, row.process, row.attachment
    if share.application is None:
        nobodys = _nobodys((where.device, where.network), share.kind, row.traffic)
        return nobodys | {"via": share.via or None}
    return _nobodys((where.device, where.network), "", row.traffic) | {
        "application": share.application.name[:_LONGEST],
        "kind": share.application.kind,
        "reason": None,
        "class": share.app_class,
        "pid": process.owner.pid if process else None,
        "comm": name_of(process)[:_LONGEST] if process else None,
        "uid": share.uid,
    }


def _nobodys(place: tuple[str, str], reason: str, traffic: Traffic) -> dict[str, Any]:
    device, network = place
    return {
        "application": None,
        "kind": None,
        "reason": reason,
        "via": None,
        "class": None,
        "device": device,
        "network": network,
        "pid": None,
        "comm": None,
        "uid": None,
        "rx_bytes": traffic.rx_bytes,
        "tx_bytes": traffic.tx_bytes,
    }


def _together(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Many rows as one for each device and network."""
    sums: dict[tuple[str, str], Traffic] = {}
    for row in rows:
        place = row["device"], row["network"]
        moved = Traffic(row["rx_bytes"], row["tx_bytes"])
        sums[place] = sums.get(place, Traffic()) + moved
    return [_nobodys(place, LEFT_OUT, moved) for place, moved in sums.items()]
