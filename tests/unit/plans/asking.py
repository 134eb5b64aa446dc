"""Cases of the plan model, as JSON, asked of the engine."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from monitor.plans.account import Account, replay
from monitor.plans.entries import Entry
from monitor.plans.forecast import forecast
from monitor.plans.iccid import from_ef, has_luhn, is_same, normalize
from monitor.plans.periods import boundaries, cycle
from monitor.plans.samples import Sample
from monitor.plans.status import status
from monitor.plans.straddling import day_usage
from monitor.plans.terms import Binding, Member, Plan
from monitor.plans.values import Second, decode

CASES: list[dict[str, Any]] = json.loads(
    Path(__file__).with_name("cases.json").read_text(encoding="utf-8")
)["cases"]
_INSTANTS = {
    *("usable_again_at", "cycle_start", "cycle_end", "validity_start", "validity_end"),
    *("activate_by", "runs_out_at"),
}
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


def sample_of(row: list[Any]) -> Sample:
    """A row of `usage`."""
    meta = row[5] if len(row) > 5 else {}
    to_s = utc(row[0])
    from_s = min(utc(meta["from"]), to_s) if "from" in meta else to_s
    return Sample(
        from_s,
        to_s,
        iface=row[1],
        app=row[2],
        rx_bytes=row[3],
        tx_bytes=row[4],
        awake=tuple((utc(a), utc(b)) for a, b in meta.get("awake", ())),
        mcc=meta.get("mcc"),
        tethered=meta.get("tethered"),
        member=meta.get("member"),
        iccid=meta.get("iccid"),
    )


def account_of(case: Case, at_s: int) -> Account:
    """The plan that a case asks about, at an instant."""
    config = case["config"]
    plans = config.get("plans") or [config["plan"]]
    wanted = case["ask"].get("plan", plans[0]["id"])
    plan = next(each for each in plans if each["id"] == wanted)
    bindings = None
    if "bindings" in config:
        bindings = msgspec.convert(config["bindings"], list[Binding], dec_hook=decode)
    return replay(
        msgspec.convert(plan, Plan, dec_hook=decode),
        msgspec.convert(config.get("members", []), list[Member], dec_hook=decode),
        msgspec.convert(case.get("ledger", []), list[Entry], dec_hook=decode),
        bindings,
        [sample_of(row) for row in case.get("usage", [])],
        at_s,
    )


def answer(case: Case) -> dict[str, Any]:
    """What the engine says to a case."""
    ask = case["ask"]
    match ask["what"]:
        case "boundaries" | "cycle":
            return _periods(case)
        case "day_usage":
            days = [date.fromisoformat(day) for day in ask["days"]]
            samples = [sample_of(row) for row in case["usage"]]
            usage = day_usage(samples, ZoneInfo(ask["tz"]), days)
            return {"days": {f"{day}": each for day, each in usage.items()}}
        case "iccid":
            return {
                "normalized": [normalize(each) for each in ask.get("inputs", ())],
                "luhn": [has_luhn(each) for each in ask.get("inputs", ())],
                "same": [is_same(*each) for each in ask.get("pairs", ())],
                "from_ef": [from_ef(each) for each in ask.get("raw", ())],
            }
        case _:
            return _standing(case)


def _standing(case: Case) -> dict[str, Any]:
    ask = case["ask"]
    at_s = utc(ask["at"])
    account = account_of(case, at_s)
    if ask["what"] == "forecast":
        return _plain(msgspec.to_builtins(forecast(account, at_s)))
    found = _plain(status_facts(account, at_s))
    if ask["what"] == "display":
        for name, zone in (("plan", account.plan.tz), ("viewer", ask["viewer_tz"])):
            end_s = status(account, at_s).cycle_end or 0
            local = datetime.fromtimestamp(end_s, ZoneInfo(f"{zone}"))
            found[f"cycle_end_{name}"] = local.isoformat()
    return found


def status_facts(account: Account, at_s: int) -> dict[str, Any]:
    """A status as scripts get it, with instants as text in the history."""
    facts: dict[str, Any] = msgspec.to_builtins(status(account, at_s))
    facts["history"] = [
        [text_of(start), text_of(end), used] for start, end, used in facts["history"]
    ]
    return facts


def _plain(facts: dict[str, Any]) -> dict[str, Any]:
    return {
        name: text_of(value) if name in _INSTANTS else value
        for name, value in facts.items()
    }


def _periods(case: Case) -> dict[str, Any]:
    ask = case["ask"]
    plan = msgspec.convert(case["config"]["plan"], Plan, dec_hook=decode)
    if ask["what"] == "boundaries":
        found = boundaries(plan, utc(ask["from"]), ask["n"])
        return {"boundaries": [text_of(each) for each in found]}
    span = cycle(plan, utc(ask["at"]))
    if span is None:
        return {"cycle_start": None, "cycle_end": None, "length_s": None}
    return {
        "cycle_start": text_of(span.start_s),
        "cycle_end": text_of(span.end_s),
        "length_s": span.length_s,
    }


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
