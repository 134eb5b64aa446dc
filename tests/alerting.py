"""Makers of plans, standings and alerts for the tests of telling."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from msgspec import structs

from monitor.alerts import (
    BACKGROUND_RATE,
    DATA_LIMIT,
    DATA_WARNING,
    Alert,
    Change,
    Key,
    Raised,
    RateRule,
    Told,
    Watched,
    judge,
)
from monitor.plans.forecast import Forecast
from monitor.plans.offers import Bucket
from monitor.plans.status import Status
from monitor.plans.terms import AlertTerms, Plan
from monitor.plans.timing import Month
from monitor.plans.values import Bytes, Name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.alerts import Rate

GB = 1_000_000_000
MB = 1_000_000
JUNE_S = 1_748_736_000
"""2025-06-01 00:00:00 UTC."""
JULY_S = 1_751_328_000
AUGUST_S = 1_754_006_400
DAY_S = 86_400
RULE = RateRule(50 * MB, 600, ("backup*",))


def plan(
    name: str = "wwan", quota_bytes: int | None = 10 * GB, **alerts: object
) -> Plan:
    """A plan by the month; as `AlertTerms` has them, what to tell."""
    terms = structs.replace(AlertTerms(warn_pct=(50, 80, 95)), **alerts)
    main = Bucket(Name("main"), None if quota_bytes is None else Bytes(quota_bytes))
    return Plan(
        id=Name(name),
        tz=ZoneInfo("Europe/Paris"),
        cycle=Month(),
        buckets=(main,),
        alerts=terms,
    )


def standing(
    used_bytes: int, limit_bytes: int | None = 10 * GB, start_s: int = JUNE_S
) -> Status:
    """A plan with so much used in the month that begins then."""
    left = None if limit_bytes is None else max(0, limit_bytes - used_bytes)
    return Status(
        state="depleted" if left == 0 else "active",
        used_bytes=used_bytes,
        limit_bytes=limit_bytes,
        remaining_bytes=left,
        cycle_start=start_s,
        cycle_end=JULY_S if start_s == JUNE_S else AUGUST_S,
    )


def looked_at(of: Plan, status: Status, **more: object) -> Watched:
    """A plan that stands like that; more as `Watched` has it."""
    seen = Watched(plan=of, status=status, forecast=Forecast())
    return replace(seen, **more)  # type: ignore[arg-type]  # the test says what


def watched(
    used_bytes: int, limit_bytes: int | None = 10 * GB, start_s: int = JUNE_S
) -> Watched:
    """The plan, standing like that."""
    status = standing(used_bytes, limit_bytes, start_s)
    return looked_at(plan(quota_bytes=limit_bytes), status)


def raised(
    kind: str = DATA_WARNING, step: str = "80", at_s: int = JUNE_S + 5, name: str = ""
) -> Raised:
    """An alert of the plan, or of a program with that name."""
    if kind == BACKGROUND_RATE:
        name = name or "apt"
        key = Key(kind, 0, "", f"if:wwan0/{name}")
        detail, title = f"{name}:60000000", f"{name} moved 60.0 MB in the background"
        alert = Alert(key, "wwan", name, "if:wwan0", detail, title, "Within 10 min.")
    else:
        key = Key(kind, JUNE_S, step, "wwan")
        title = f"Plan wwan: {step} % of 10.00 GB used"
        alert = Alert(key, "wwan", "", "", step, title, "Some is left.\nWho used it.")
    return Raised(alert, at_s)


LIMIT = raised(DATA_LIMIT, "100")


@dataclass
class Book:
    """What a daemon would do with the judge's changes.

    Attributes:
        told: so far.
    """

    told: Told = field(default_factory=Told)

    def tick(
        self,
        now_s: int,
        *plans: Watched,
        rates: Sequence[Rate] = (),
        is_complete: bool = True,
        rule: RateRule = RULE,
    ) -> list[str]:
        """Judge and believe; kind and detail of what is told."""
        changes = self.changes(
            now_s, *plans, rates=rates, is_complete=is_complete, rule=rule
        )
        return [
            f"{change.key.kind} {change.alert.detail}"
            for change in changes
            if isinstance(change, Raised)
        ]

    def changes(
        self,
        now_s: int,
        *plans: Watched,
        rates: Sequence[Rate] = (),
        is_complete: bool = True,
        rule: RateRule = RULE,
    ) -> list[Change]:
        """Judge and believe; all changes."""
        changes = judge(self.told, now_s, plans, (rule, rates, is_complete))
        self.told = self.told.after(changes)
        return changes

    @property
    def holding(self) -> list[str]:
        """Kind and step of what is open."""
        return sorted(f"{key.kind} {key.step}".strip() for key in self.told.open)
