"""The networks as JSON, version 1, and as csv: fields may be added, never changed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from monitor.views.as_csv import csv_text
from monitor.views.facts import traffic_facts, utc
from monitor.views.network_names import plain_name

if TYPE_CHECKING:
    from monitor.views.networks import NetworkRow, Overview

_COLUMNS = (
    *("key", "kind", "name", "label", "ssid", "ssid_hex", "uuid", "iccid", "eid"),
    *("tether", "metered", "metered_by", "roaming", "mcc", "operator_code"),
    *("operator_name", "interface", "attached", "plan", "first_seen", "last_seen"),
)
_TODAY = ("rx_bytes", "tx_bytes", "rx_packets", "tx_packets")


def network_row_facts(row: NetworkRow) -> dict[str, Any]:
    """A network by name of column; null is what nobody knows or what is not there.

    Args:
        row: of the overview.

    Returns:
        `ssid` is null where the bytes are not UTF-8; `ssid_hex` has them all.
    """
    network, seen = row.network, row.seen
    return {
        "key": network.key,
        "kind": network.kind,
        "name": plain_name(network) or None,
        "label": row.label or None,
        "ssid": _ssid(network.ssid),
        "ssid_hex": network.ssid.hex() or None,
        "uuid": network.uuid or None,
        "iccid": network.iccid or None,
        "eid": network.eid or None,
        "tether": network.tether or None,
        "metered": network.metered,
        "metered_by": network.metered_by or None,
        "roaming": network.roaming,
        "mcc": network.mcc or None,
        "operator_code": network.operator_code or None,
        "operator_name": network.operator_name or None,
        "interface": row.interface,
        "attached": row.is_attached,
        "plan": row.plan,
        "first_seen": utc(seen.from_s) if seen else None,
        "last_seen": utc(seen.to_s) if seen else None,
    }


def _ssid(ssid: bytes) -> str | None:
    try:
        return ssid.decode() or None
    except UnicodeDecodeError:
        return None


def networks_as_json(overview: Overview) -> str:
    """Write the networks for programs.

    Args:
        overview: what to write.

    Returns:
        ASCII, safe on a terminal.
    """
    asked = overview.asked
    is_running = asked.present is not None
    last_s = overview.last_s
    return json.dumps(
        {
            "version": 1,
            "store": str(overview.store),
            "timezone": str(asked.zone),
            "running": is_running,
            "last_run": None if last_s is None else utc(last_s),
            "today_from": utc(asked.today.from_s),
            "today_to": utc(asked.today.to_s),
            "networks": [
                {**network_row_facts(row), "today": _today(row)}
                for row in overview.rows
            ],
        },
        indent=2,
    )


def _today(row: NetworkRow) -> dict[str, Any]:
    interfaces = [
        {"name": name, **traffic_facts(traffic)}
        for name, traffic in sorted(row.today.items())
    ]
    return {**traffic_facts(row.total), "interfaces": interfaces}


def networks_as_csv(overview: Overview) -> str:
    """Write the networks for spreadsheets and shell scripts.

    Args:
        overview: what to write.

    Returns:
        A header, and one line a network; empty is what nobody knows.
    """
    header = [*_COLUMNS, *(f"today_{name}" for name in _TODAY)]
    return csv_text(header, [_cells(row) for row in overview.rows])


def _cells(row: NetworkRow) -> list[str | int | None]:
    facts = network_row_facts(row)
    today = traffic_facts(row.total)
    return [*(facts[name] for name in _COLUMNS), *(today[name] for name in _TODAY)]
