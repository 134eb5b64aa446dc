"""Who shares a plan: who used what, and who may use how much."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from msgspec.structs import asdict

from monitor.units import format_size
from monitor.views.names import visible
from monitor.views.plan_phrases import amount, left
from monitor.views.table import Line, table

if TYPE_CHECKING:
    from monitor.accounts.bookkeeping import Book
    from monitor.moments import Clocks
    from monitor.plans.members import MemberStatus
    from monitor.views.table import Layout


def members_text(book: Book) -> list[str]:
    """The members of a plan in a phrase each.

    Args:
        book: of the plan.

    Returns:
        Not escaped.
    """
    return [
        f"{name} used {format_size(each.used_bytes)} of {amount(each.allocation_bytes)}"
        f", may use {amount(each.remaining_bytes)}"
        for name, each in _members(book).items()
    ]


def _members(book: Book) -> dict[str, MemberStatus]:
    return dict(book.now.members or {})


def members_as_text(book: Book, clocks: Clocks, layout: Layout) -> str:
    """Write the members of a plan for people.

    Args:
        book: of the plan.
        clocks: whose clocks people look at.
        layout: what the terminal can show.

    Returns:
        Lines that fit its width; names are escaped.
    """
    plan, status = book.agreement.plan, book.now
    limit = "" if status.limit_bytes is None else f"{format_size(status.limit_bytes)}, "
    resets = ""
    if status.cycle_end is not None:
        is_last = status.cycle_end == status.validity_end
        turn = "ends" if is_last else "resets"
        resets = f", {turn} {clocks.edge(status.cycle_end)}"
    head = layout.bold(visible(f"{plan.id}  {limit}{left(status)}{resets}"))
    found = _members(book)
    if not found:
        return f"{head}\n  nobody shares it"
    lines = [
        Line(
            (
                f"  {visible(name)}",
                _size(each.used_bytes),
                _size(each.allocation_bytes),
                _size(each.remaining_bytes),
                "<- at the limit" if each.blocked else "",
            )
        )
        for name, each in found.items()
    ]
    header = ("  member", "used", "share", "may use", "")
    return "\n".join([head, *table(header, lines, layout)])


def _size(size_bytes: int | None) -> str:
    return "0" if size_bytes == 0 else amount(size_bytes)


def members_as_json(book: Book) -> str:
    """Write the members of a plan for programs.

    Args:
        book: of the plan.

    Returns:
        ASCII, version 1: fields may be added, never changed.
    """
    members: list[dict[str, Any]] = [
        {"id": name, **asdict(each)} for name, each in _members(book).items()
    ]
    document = {"version": 1, "plan": book.agreement.plan.id, "members": members}
    return json.dumps(document, indent=2)
