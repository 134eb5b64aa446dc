"""Plans of the configuration in the words of their contracts.

`plans_of` is what the engine judges; `first_clash` what several plans may not share.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from monitor.config.contract_times import (
    cycle_of,
    optional_second,
    plan_second,
    validity_of,
)
from monitor.config.plan_checks import Fault
from monitor.plans.checking import check, unsaid
from monitor.plans.entries import Sync
from monitor.plans.matching import lines_of
from monitor.plans.offers import Bucket, Gifting, RenewalTerms, Rollover, Tier
from monitor.plans.payers import Bindings, Wide, clashes
from monitor.plans.terms import (
    AlertTerms,
    Binding,
    ForecastTerms,
    Line,
    Match,
    Member,
    Plan,
    Rapid,
    Zones,
)
from monitor.plans.values import Bytes, Money, Name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from monitor.config.plans import PlanTable
    from monitor.plans.entries import Entry
    from monitor.plans.payers import Clash


class Configured(NamedTuple):
    """A plan of the configuration with all that belongs to it.

    Attributes:
        plan: what was bought.
        members: who shares it.
        bindings: which networks and interfaces it pays for.
        entries: of its ledger, with ids that stay the same as long as the
            configuration does: what the carrier said was left.
    """

    plan: Plan
    members: tuple[Member, ...]
    bindings: Bindings
    entries: tuple[Entry, ...]


def plans_of(tables: Iterable[PlanTable], machine: ZoneInfo) -> tuple[Configured, ...]:
    """The plans that a configuration describes.

    Args:
        tables: checked values.
        machine: the machine's time zone, for plans without one of their own.

    Returns:
        In the same order.
    """
    return tuple(_configured(table, machine) for table in tables)


def all_bindings(configured: Iterable[Configured]) -> Bindings:
    """Which networks and interfaces which plan pays for, of all plans together.

    Args:
        configured: in the order of the configuration.
    """
    parts = [each.bindings for each in configured]
    return Bindings(
        tuple(bind for part in parts for bind in part.binds),
        tuple(wide for part in parts for wide in part.wides),
        tuple(match for part in parts for match in part.matches),
        tuple(line for part in parts for line in part.lines),
    )


def first_clash(tables: Sequence[PlanTable], machine: ZoneInfo) -> Fault | None:
    """What does not fit in the times of a plan, or between the bindings of two.

    Args:
        tables: each without faults of its own, with different ids.
        machine: the machine's time zone.

    Returns:
        None when all plans can be used together.
    """
    configured = plans_of(tables, machine)
    for index, each in enumerate(configured):
        found = _disorder(each, tables[index])
        if found is not None:
            return Fault(index, *found)
    return next(_clashes(configured), None)


def _clashes(configured: Sequence[Configured]) -> Iterator[Fault]:
    positions = {each.plan.id: index for index, each in enumerate(configured)}
    for clash in clashes(all_bindings(configured)):
        index = positions[Name(clash.plan)]
        if clash.bind is None:
            yield Fault(index, f"match.{clash.kind}", _without(clash))
        else:
            is_own = clash.plan == clash.other
            other = "it, too" if is_own else f"the plan {clash.other}"
            number = configured[index].bindings.binds.index(clash.bind)
            allowed = f"at another time: {clash.value} is bound to {other}"
            yield Fault(index, f"bind[{number}]", allowed)


def _without(clash: Clash) -> str:
    words = f"without {clash.value}, which the plan {clash.other} matches"
    if clash.other_value in ("", clash.value):
        return words
    return f"{words} as {clash.other_value}"


def _disorder(each: Configured, table: PlanTable) -> tuple[str, str] | None:
    """The first thing that does not fit in one plan."""
    for place, allowed in (*check(each.plan, each.members), *unsaid(each.plan)):
        return _as_written(place, table), allowed
    validity = each.plan.validity
    for index, bind in enumerate(each.bindings.binds):
        if bind.to_s is not None and bind.to_s <= (bind.from_s or 0):
            return f"bind[{index}].to", 'after "from"'
    bought, deadline = each.plan.purchased_at or 0, validity.activate_by
    if table.activate_by is not None and deadline is not None and deadline <= bought:
        return "activate_by", 'after "purchased_at"'
    return None


def _as_written(place: str, table: PlanTable) -> str:
    """The key that a person wrote for a place in the contract."""
    part, _, key = place.partition(".")
    name, _, position = part.partition("[")
    if name == "overage" and table.overage is None:
        return {"block_bytes": "block"}.get(key, key)
    short = {"line": "iccid", "validity": "valid", "cycle": "every"}.get(name)
    if short is not None and getattr(table, name) is None:
        return short
    if name in ("buckets", "caps", "members"):
        index = int(position.rstrip("]"))
        if name == "buckets":
            index -= table.quota is not None  # which is the first of them
        name = name if getattr(table, name) else name.removesuffix("s")
        return f"{name}[{index}].{key}"
    return place


def _configured(table: PlanTable, machine: ZoneInfo) -> Configured:
    zone = ZoneInfo(table.tz) if table.tz else machine
    plan = Plan(
        id=Name(table.id),
        tz=zone,
        count=table.count,
        cycle=cycle_of(table, zone),
        validity=validity_of(table, zone),
        buckets=_buckets(table),
        overage=_overage(table),
        rounding=table.rounding,
        rollover=_rollover(table),
        caps=table.all_caps,
        gifting=table.gifting or Gifting(),
        renewal=table.renewal or RenewalTerms(),
        zones=_zones(table),
        line=table.line or Line(table.iccid),
        forecast=table.forecast or ForecastTerms(),
        alerts=_alerts(table),
        purchased_at=optional_second(table.purchased_at, zone),
        installed_at=optional_second(table.installed_at, zone),
        activated_at=optional_second(table.activated_at, zone),
    )
    bindings, said = _bindings(table, plan), _said(table, zone)
    return Configured(plan, table.all_members, bindings, said)


def _buckets(table: PlanTable) -> tuple[Bucket, ...]:
    more = table.all_buckets
    if table.quota is None and (table.bucket, table.buckets) != (None, None):
        return more
    main = Bucket(Name("main"), Bytes(table.quota) if table.quota else None)
    return (main, *more)


def _overage(table: PlanTable) -> tuple[Tier, ...]:
    if table.overage is not None or table.after is None:
        return table.overage or ()
    return (
        Tier(
            behavior=table.after,
            kbps=table.kbps,
            block_bytes=None if table.block is None else Bytes(table.block),
            price=table.price or Money(0),
            tax_pct=table.tax_pct or Money(0),
            max_cost=table.max_cost,
        ),
    )


def _rollover(table: PlanTable) -> Rollover | None:
    return Rollover() if table.rollover is True else table.rollover or None


def _zones(table: PlanTable) -> Zones:
    if isinstance(table.zones, Zones):
        return table.zones
    codes = table.zones if table.zones is not None else table.countries
    return Zones(codes)


def _alerts(table: PlanTable) -> AlertTerms:
    full = table.alerts or AlertTerms()
    rapid = Rapid() if table.rapid is True else table.rapid or None
    return replace(
        full,
        warn_pct=tuple(sorted(set(table.warnings))),
        remind_before_h=tuple(sorted(set(table.reminders_h), reverse=True)),
        rapid=full.rapid or rapid,
        budget_day=full.budget_day or table.budget_day,
        background=full.background or table.background,
    )


def _bindings(table: PlanTable, plan: Plan) -> Bindings:
    binds = tuple(
        Binding(
            bind.interface,
            plan.id,
            optional_second(bind.begin, plan.tz),
            optional_second(bind.end, plan.tz),
        )
        for bind in table.bind
    )
    wanted = table.match
    return Bindings(
        binds,
        tuple(Wide(pattern, plan.id) for pattern in wanted.interface or ()),
        (
            *(Match("iccid", str(each), plan.id) for each in wanted.iccid or ()),
            *(Match("uuid", str(each), plan.id) for each in wanted.uuid or ()),
            *(Match("ssid", str(each), plan.id) for each in wanted.ssid or ()),
            *(Match("tether", str(each), plan.id) for each in wanted.tethers),
        ),
        lines_of(plan),
    )


def _said(table: PlanTable, zone: ZoneInfo) -> tuple[Entry, ...]:
    """What the carrier said was left, as an entry whose id never changes."""
    if table.remaining is None or table.as_of is None:
        return ()
    at_s = plan_second(table.as_of, zone)
    when = datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return (
        Sync(
            id=Name(f"config:{table.id}:{when}"),
            ts=at_s,
            plan=Name(table.id),
            remaining_bytes=Bytes(table.remaining),
        ),
    )
