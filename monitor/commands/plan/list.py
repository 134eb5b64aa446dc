"""`esimmon plan list`: which plans there are."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

import click

from monitor.commands.options import with_format
from monitor.commands.plan.filing import open_folder, say, with_places
from monitor.config.writing import plan_table
from monitor.plans.iccid import shortened
from monitor.plans.naming import network_words
from monitor.units import format_size
from monitor.views.plan_lines import bound_to, quota_text, times_text, when_bound
from monitor.views.table import terminal_layout

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitor.commands.plan.filing import Folder, Places
    from monitor.config.contracts import Configured

_GAP = "  "
_NONE = "No plan yet. Write one down with: esimmon plan add"


@click.command("list")
@with_format("text", "json")
@with_places
def command(*, output_format: str, places: Places) -> None:
    """Show which plans there are, and what a running daemon says of them.

    \b
    esimmon plan list
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    with open_folder(places, for_change=False) as folder:
        folder.checked({})
        plans = folder.configured()
        standing = _standing(folder)
    if output_format == "json":
        click.echo(json.dumps(_as_json(folder, plans, standing), indent=2))
        return
    rows = [_row(each, folder, standing.get(each.plan.id)) for each in plans]
    for line in _lines(rows, terminal_layout(sys.stdout, os.environ).width):
        say(line)
    if not rows:
        say(_NONE)


def _lines(rows: Sequence[tuple[str, ...]], room: int) -> Iterator[str]:
    """A line for each; where there is no room for that, a line for each part of it."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    is_wide = sys.stdout.isatty() and sum(widths) + len(_GAP) * len(widths) > room
    for name, *parts in rows:
        if is_wide:
            said = [part for part in parts if part]
            yield f"{name:{widths[0]}}{_GAP}{said[0]}"
            yield from (f"{'':{widths[0]}}{_GAP}{part}" for part in said[1:])
        else:
            cells = zip((name, *parts), widths, strict=True)
            yield _GAP.join(
                cell.ljust(width) for cell, width in cells if width
            ).rstrip()


def _standing(folder: Folder) -> dict[str, dict[str, Any]]:
    """What the daemon last said of each plan; nothing without a daemon."""
    document = folder.setup.last_word(folder.store)
    return {str(plan["id"]): plan for plan in document["plans"]} if document else {}


def _row(
    each: Configured, folder: Folder, standing: dict[str, Any] | None
) -> tuple[str, ...]:
    plan = each.plan
    times = ", ".join(times_text(plan, folder.viewer))
    bound = ", ".join(when_bound(each, folder.viewer)) or "not bound"
    return plan.id, quota_text(plan), times, bound, _state(standing)


def _state(standing: dict[str, Any] | None) -> str:
    if standing is None:
        return ""
    used = f"used {format_size(standing['used_bytes'])}"
    left_bytes = standing["remaining_bytes"]
    left = "" if left_bytes is None else f"left {format_size(left_bytes)}"
    return _GAP.join(filter(None, (str(standing["state"]), used, left)))


def _as_json(
    folder: Folder,
    plans: tuple[Configured, ...],
    standing: dict[str, dict[str, Any]],
) -> dict[str, object]:
    tables = {table.id: plan_table(table) for table in folder.tables()}
    return {
        "version": 1,
        "store": os.fspath(folder.store),
        "plans": [
            {
                "id": each.plan.id,
                "file": _text(folder.place_of(each.plan.id)),
                "tz": str(each.plan.tz),
                "interfaces": bound_to(each.bindings),
                "networks": network_words(each.bindings.matches, each.bindings.lines),
                "terms": _without_iccid(tables[each.plan.id]),
                "status": standing.get(each.plan.id),
            }
            for each in plans
        ],
    }


def _text(path: object) -> str | None:
    return None if path is None else str(path)


def _without_iccid(table: dict[str, object]) -> dict[str, object]:
    """The terms of a plan, in which the numbers of SIMs are shortened."""
    inner = {key: table[key] for key in ("line", "match") if key in table}
    return {
        **table,
        **{key: _shortened(each) for key, each in inner.items()},
        **_shortened({key: table[key] for key in ("iccid",) if key in table}),
    }


def _shortened(table: Any) -> dict[str, object]:  # noqa: ANN401 - as it is written
    found = table.get("iccid")
    if isinstance(found, str):
        return {**table, "iccid": shortened(found)}
    return {**table, "iccid": [shortened(each) for each in found]} if found else table
