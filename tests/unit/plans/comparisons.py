"""Offers and loads to compare them under."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from monitor.plans.comparing import Comparison, Outcome
from monitor.plans.loads import Load, load_of, local_days
from monitor.plans.refusals import read
from monitor.plans.samples import Sample
from monitor.plans.terms import Plan

BERLIN = ZoneInfo("Europe/Berlin")
FIRST = date(2025, 3, 20)  # clocks change on the 30th
GB = 10**9
DAY_S = 86_400


def plan(**terms: Any) -> Plan:  # noqa: ANN401 - a contract in its own words
    """An offer of one bucket, for 10 days of 24 hours unless terms say otherwise."""
    given = {
        "id": "offer",
        "tz": "Europe/Berlin",
        "validity": {"kind": "elapsed", "days": 10},
        "buckets": [{"id": "main", "bytes": GB}],
    }
    return read(given | terms, Plan, "plan")


def load(*moved: tuple[str, int], days: int = 20, app: str | None = None) -> Load:
    """Bytes received in the minute that begins at a local time."""
    samples = []
    for at, rx_bytes in moved:
        from_s = int(datetime.fromisoformat(at).replace(tzinfo=BERLIN).timestamp())
        samples.append(Sample(from_s, from_s + 60, "wwan0", app, rx_bytes, 0))
    last = FIRST + timedelta(days=days - 1)
    return load_of(samples, local_days(FIRST, last, BERLIN))


def outcome(plan: Plan, load: Load, price: str = "10") -> Outcome:
    """What would have become of the load."""
    return Comparison(load).outcome(plan, Decimal(price))
