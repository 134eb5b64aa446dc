"""One plan in full for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec.structs import asdict

from monitor.plans.forecast import forecast
from monitor.plans.iccid import shortened
from monitor.plans.localtime import NEVER
from monitor.plans.matching import ICCID
from monitor.plans.writing import plain, utc_text

if TYPE_CHECKING:
    from monitor.accounts.bookkeeping import Book
    from monitor.plans.lots import Lot

_INSTANTS: Final = (
    *("usable_again_at", "cycle_start", "cycle_end", "activate_by", "runs_out_at"),
    *("validity_start", "validity_end"),
)


def plan_as_json(book: Book) -> str:
    """Write how a plan stands for programs.

    Args:
        book: of the plan.

    Returns:
        ASCII, version 1: fields may be added, never changed.
    """
    terms: Any = plain(book.agreement)
    plan = terms["plan"]
    if book.agreement.plan.line.iccid is not None:
        plan["line"] = {"iccid": shortened(book.agreement.plan.line.iccid)}
    for match in terms.get("matches", []):
        if match["kind"] == ICCID:
            match["value"] = shortened(match["value"])
    document = {
        "version": 1,
        "at": utc_text(book.at_s),
        "id": book.agreement.plan.id,
        **_status(book),
        "forecast": _named(msgspec.to_builtins(forecast(book.account_now, book.at_s))),
        "grants": [_lot(lot) for lot in book.account_now.books.lots],
        "terms": terms,
    }
    return json.dumps(document, indent=2)


def _status(book: Book) -> dict[str, Any]:
    """How it stands, in the words of the model."""
    found = _named(msgspec.to_builtins(book.now))
    found["iccids"] = [shortened(each) for each in found["iccids"] or ()]
    found["history"] = [
        [_utc(start_s), utc_text(end_s), used_bytes]
        for start_s, end_s, used_bytes in book.history
    ]
    members = book.now.members or {}
    found["members"] = {name: asdict(each) for name, each in members.items()}
    return found


def _named(found: dict[str, Any]) -> dict[str, Any]:
    """The same with its instants as text."""
    return found | {name: _utc(found[name]) for name in _INSTANTS if name in found}


def _lot(lot: Lot) -> dict[str, Any]:
    return {
        "id": lot.offer.id,
        "class": lot.offer.lot_class,
        "size_bytes": lot.offer.size_bytes,
        "left_bytes": lot.left_bytes,
        "start": _utc(lot.start_s),
        "end": _utc(lot.end_s),
        "priority": lot.offer.priority,
        "zero_rated": lot.offer.is_zero_rated,
        "main": lot.is_main,
    }


def _utc(at_s: int | None) -> str | None:
    if at_s is None or abs(at_s) >= NEVER:
        return None
    return utc_text(at_s)
