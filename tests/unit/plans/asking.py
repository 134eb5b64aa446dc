"""Cases of the plan model, as JSON, asked of the engine."""

from __future__ import annotations

import copy
import re
from datetime import UTC, datetime
from typing import Any

import msgspec

from monitor.plans import answers
from monitor.plans.entries import Entry
from monitor.plans.samples import Sample
from monitor.plans.terms import Plan
from monitor.plans.values import Second, decode

Case = dict[str, Any]
_SHORT = re.compile(r"[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2})?")


def utc(text: str) -> int:
    """Seconds of an instant as text."""
    return int(msgspec.convert(text, Second, dec_hook=decode))


def text_of(at_s: int | None) -> str | None:
    """An instant as the cases write it."""
    if at_s is None:
        return None
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%dT%H:%M:%SZ}"


def answer(case: Case) -> dict[str, Any]:
    """What the engine says to a case."""
    return answers.answer(copy.deepcopy({"id": "asked", **case}))


def ask(  # noqa: PLR0913 - all that an answer is a function of
    at: str,
    *,
    plan: dict[str, Any],
    usage: list[Any] | None = None,
    ledger: list[Any] | None = None,
    members: list[Any] | None = None,
    bindings: list[Any] | None = None,
    what: str = "status",
) -> dict[str, Any]:
    """Ask about a plan of 100 bytes a month unless it says otherwise.

    Instants may leave out the year 2025 and the time: "06-05", "06-05T10:00".
    """
    month = {"kind": "month", "billing_day": 1}
    main = [{"id": "main", "bytes": 100}]
    config: dict[str, Any] = {"members": members or []}
    config["plan"] = {"id": "p", "cycle": month, "buckets": main, **_full(plan)}
    if bindings is not None:
        config["bindings"] = [{"plan": "p", **each} for each in _full(bindings)]
    entries = [
        {"id": f"e{number}", **entry}
        for number, entry in enumerate(_full(ledger or []))
    ]
    rows = [_row(*row) for row in _full(usage or [])]
    return answer(
        {
            "config": config,
            "usage": rows,
            "ledger": entries,
            "ask": {"what": what, "at": _full(at)},
        }
    )


def _row(ts: str, amount: int, meta: dict[str, Any] | None = None) -> list[Any]:
    meta = dict(meta or {})
    return [ts, meta.pop("iface", "wwan0"), meta.pop("app", "web"), amount, 0, meta]


def _full(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Put back what was left out of instants, anywhere."""
    if isinstance(value, dict):
        return {name: _full(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_full(each) for each in value]
    if isinstance(value, str) and _SHORT.fullmatch(value):
        return f"2025-{value}{'' if 'T' in value else 'T00:00'}:00Z"
    return value


MONTH = {"kind": "month", "billing_day": 1}
MAIN = {"id": "main", "bytes": 100}


def plan_of(**fields: Any) -> Plan:  # noqa: ANN401 - JSON
    """A plan of 100 bytes a month."""
    base = {"id": "p", "cycle": MONTH, "buckets": [MAIN]}
    return msgspec.convert({**base, **fields}, Plan, dec_hook=decode)


def entries_of(*entries: dict[str, Any]) -> list[Entry]:
    """A ledger."""
    named = [{"id": f"e{number}", **each} for number, each in enumerate(entries)]
    return msgspec.convert(named, list[Entry], dec_hook=decode)


def june(day: int, hour: int = 0, minute: int = 0) -> int:
    """An instant of June 2025."""
    return utc(f"2025-06-{day:02}T{hour:02}:{minute:02}:00Z")


def moved(at_s: int, amount: int, from_s: int | None = None, **fields: Any) -> Sample:  # noqa: ANN401
    """A sample of the browser."""
    sample = Sample(at_s if from_s is None else from_s, at_s, "wwan0", "web", amount, 0)
    return sample._replace(**fields)
