"""What the plan engine costs: a rebuild from stored rows, and a tick.

    python tests/benchmarks/plan_engine.py [--rounds 5] [--apps 30]

Rows are those of `--apps` applications in every 5-minute slot of 31 days, for an
ordinary plan (10 GB a month) and for one with windows, applications, tethering, a cap,
members and the background alert. A tick is a copy of the account at the last closed
slot, one slot of rows, and the status; a forecast is timed apart. Medians of CPU time
are printed. Nothing here is asserted: noise is no failure.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import convert

if __package__ in {None, ""}:  # as a script
    sys.path.insert(0, str(Path(__file__).parents[2]))

from monitor.plans.account import Account, open_account
from monitor.plans.forecast import forecast
from monitor.plans.samples import Sample
from monitor.plans.status import status
from monitor.plans.terms import Member, Plan
from monitor.plans.values import decode
from tests.benchmarks.resources import cpu_ms

if TYPE_CHECKING:
    from collections.abc import Callable

START_S = 1_748_736_000  # 1 June 2025
SLOT_S, DAYS = 300, 31
CYCLE = {"kind": "month", "billing_day": 1}
ORDINARY = {
    "id": "ordinary",
    "cycle": CYCLE,
    "buckets": [{"id": "main", "bytes": 10**13}],
}
SCOPES = {
    "night": {"windows": [{"start": "22:00", "end": "06:00"}]},
    "chat": {"apps": ["app-1*"]},
    "hotspot": {"tethered": True},
}
SCOPED = {
    **ORDINARY,
    "id": "scoped",
    "tz": "Asia/Karachi",
    "buckets": [
        *ORDINARY["buckets"],
        *({"id": id_, "bytes": 10**12, "scope": each} for id_, each in SCOPES.items()),
    ],
    "caps": [{"id": "shared", "bytes": 10**12, "scope": {"tethered": True}}],
    "alerts": {
        "background": {"window": {"start": "01:00", "end": "06:00"}, "bytes": 10**7}
    },
}


def rows(apps: int) -> list[Sample]:
    """Stored rows in canonical order."""
    return [
        Sample(
            from_s,
            from_s + SLOT_S,
            "wwan0",
            f"app-{app}",
            1000 + app,
            100 + app,
            tethered=app % 10 == 0,
            member="me" if app % 3 else None,
        )
        for from_s in range(START_S, START_S + DAYS * 86_400, SLOT_S)
        for app in range(apps)
    ]


def rebuilt(plan: Plan, samples: list[Sample]) -> Account:
    """An account from the beginning."""
    account = open_account(plan, [Member("me", 10**12)])  # type: ignore[arg-type]
    account.charge(samples)
    return account


def measure(plan: Plan, samples: list[Sample], apps: int, rounds: int) -> None:
    """Print the figures of one plan."""
    rebuild_ms = cpu_ms(lambda: rebuilt(plan, samples), rounds)
    print(f"{plan.id}: {len(samples)} rows rebuilt in {rebuild_ms / 1000:.2f} s")
    half = len(samples) // 2 + 100 * apps
    slot = samples[half : half + apps]
    account = rebuilt(plan, samples[:half]).advance(slot[0].from_s)
    at_s = slot[-1].to_s

    def tick() -> Account:
        copy = account.copy()
        copy.charge(slot)
        return copy.advance(at_s)

    many = 100

    def ticks(each: Callable[[], object]) -> float:
        return cpu_ms(lambda: [each() for _ in range(many)], rounds) / many

    print(f"{plan.id}: copy {ticks(account.copy):.3f} ms")
    print(
        f"{plan.id}: copy + slot + status {ticks(lambda: status(tick(), at_s)):.3f} ms"
    )
    seen = tick()
    print(f"{plan.id}: forecast {ticks(lambda: forecast(seen, at_s)):.3f} ms")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--apps", type=int, default=30)
    options = parser.parse_args()
    samples = rows(options.apps)
    for contract in (ORDINARY, SCOPED):
        plan = convert(contract, Plan, dec_hook=decode)
        measure(plan, samples, options.apps, options.rounds)


if __name__ == "__main__":
    main()
