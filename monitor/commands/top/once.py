"""One look of a second, for scripts."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

from monitor import clock
from monitor.units import format_rate, format_size
from monitor.views.facts import utc
from monitor.views.names import visible
from monitor.views.phrases import wrapped
from monitor.views.table import Line, table, terminal_layout

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.commands.top.feed import Feed
    from monitor.views.scene import Chosen

HEADER = ("down/s", "up/s")


def one_look(feed: Feed, chosen: Chosen, output_format: str) -> str:
    """Wait for the next tick, and write what it shows.

    Args:
        feed: the daemon.
        chosen: what is wanted.
        output_format: text or json.

    Returns:
        For standard output.
    """
    reading, writing = os.pipe()
    before_ns = feed.scene.until_ns

    def take(tick: Mapping[str, Any]) -> None:
        feed.scene.take(tick)
        if feed.scene.until_ns > before_ns:
            os.write(writing, b".")  # also of a second tick in the same breath

    try:
        feed.follow(take, reading)
    finally:
        os.close(reading)
        os.close(writing)
    feed.call_applications()
    return _as_json(feed, chosen) if output_format == "json" else _as_text(feed, chosen)


def total_header(chosen: Chosen) -> str:
    """What the totals are of."""
    return "so far" if chosen.by == "process" else "today"


def _as_text(feed: Feed, chosen: Chosen) -> str:
    layout = terminal_layout(sys.stdout, os.environ)
    rate = feed.scene.rate(only_metered=chosen.only_metered)
    lines = [
        Line(
            (
                visible(row.name),
                format_rate(row.rate.rx),
                format_rate(row.rate.tx),
                format_size(row.total_bytes),
            )
        )
        for row in feed.scene.rows(chosen)
    ]
    header = (chosen.by, *HEADER, total_header(chosen))
    now = f"now down {format_rate(rate.rx)}, up {format_rate(rate.tx)}"
    head = [
        part for line in (*feed.plan_lines(), now) for part in wrapped(line, layout)
    ]
    return "\n".join([*head, "", *table(header, lines, layout)])


def _as_json(feed: Feed, chosen: Chosen) -> str:
    rows = [
        {
            "name": row.name,
            "rx_bytes_per_s": row.rate.rx,
            "tx_bytes_per_s": row.rate.tx,
            "total_bytes": row.total_bytes,
        }
        for row in feed.scene.rows(chosen)
    ]
    facts = {
        "version": 1,
        "at": utc(clock.now_s()),
        "by": chosen.by,
        "total_of": total_header(chosen),
        "devices": feed.scene.devices,
        "rows": rows,
    }
    return json.dumps(facts, indent=2)
