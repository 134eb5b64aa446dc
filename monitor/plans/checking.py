"""What is wrong with a plan, its members or its ledger that types cannot see.

A fault is the dotted key of the place, and a sentence that reads after "must be".
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from monitor.errors import PlanError
from monitor.plans.entries import Adjust, PlanChange, Sync, Topup
from monitor.plans.iccid import normalize
from monitor.plans.timing import Elapsed, Month
from monitor.plans.values import LARGEST_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from monitor.plans.entries import Entry
    from monitor.plans.offers import Tier
    from monitor.plans.terms import Member, Plan

Fault = tuple[str, str]
_ABOVE_0: Final = "above 0"


def check(plan: Plan, members: Sequence[Member] = ()) -> list[Fault]:
    """Find the faults of a plan.

    Args:
        plan: what was bought.
        members: who shares it.

    Returns:
        Place and sentence of each, in the order of the fields.
    """
    return [
        *_cycle(plan),
        *_validity(plan),
        *_twice("buckets", [bucket.id for bucket in plan.buckets]),
        *_tiers(plan.overage),
        *_offers(plan),
        *_twice("members", [member.id for member in members]),
    ]


def unsaid(plan: Plan) -> list[Fault]:
    """Find what a person forgot to write, without which a plan can be judged.

    Args:
        plan: what was bought.

    Returns:
        Place and sentence of each.
    """
    return [
        fault
        for place, tier in enumerate(plan.overage)
        for fault in _unsaid(f"overage[{place}]", tier)
    ]


def _unsaid(place: str, tier: Tier) -> Iterator[Fault]:
    if tier.behavior == "bill" and not tier.price:
        yield f"{place}.price", f"{_ABOVE_0}, since it is billed"
    if tier.behavior == "throttle" and tier.kbps is None:
        yield f"{place}.kbps", "given, since it is throttled"


def check_entries(entries: Iterable[Entry]) -> list[Fault]:
    """Find the faults of a ledger.

    Args:
        entries: in file order.

    Returns:
        Place and sentence of each.
    """
    return [fault for entry in entries for fault in _entry(entry)]


def refuse(plan: Plan, members: Sequence[Member], entries: Iterable[Entry]) -> None:
    """Stop where plan, members or ledger make no sense.

    Args:
        plan: what was bought.
        members: who shares it.
        entries: of the ledger.

    Raises:
        PlanError: names each place, and what it must be.
    """
    faults = [*check(plan, members), *check_entries(entries)]
    if faults:
        said = "; ".join(f"{place} must be {sentence}" for place, sentence in faults)
        raise PlanError(f"plan {plan.id}: {said}")


def _cycle(plan: Plan) -> Iterator[Fault]:
    match plan.cycle:
        case Elapsed(length_s=0):
            yield "cycle.days", f"{_ABOVE_0}, or cycle.hours"
        case Month(anchor=None, interval=interval) if interval > 1:
            yield "cycle.anchor", "given, since cycle.interval is counted from it"


def _validity(plan: Plan) -> Iterator[Fault]:
    validity = plan.validity
    match validity.kind:
        case "elapsed" if not validity.length_s:
            yield "validity.days", f"{_ABOVE_0}, or validity.hours"
        case "days_calendar" if not validity.days:
            yield "validity.days", _ABOVE_0
        case "fixed" if validity.end is None:
            yield "validity.end", "given, since validity.kind is fixed"
        case "fixed" if validity.start is not None and validity.end is not None:
            if validity.end <= validity.start:
                yield "validity.end", "after validity.start"
    if validity.activate_by_days is not None and plan.purchased_at is None:
        yield "purchased_at", "given, since validity.activate_by_days counts from it"


def _tiers(tiers: Sequence[Tier]) -> Iterator[Fault]:
    for place, (lower, upper) in enumerate(pairwise(tiers)):
        if lower.upto_bytes is None:
            yield f"overage[{place}].upto_bytes", "given, since another tier follows"
        elif upper.upto_bytes is not None and upper.upto_bytes <= lower.upto_bytes:
            yield (
                f"overage[{place + 1}].upto_bytes",
                f"above that of the tier before it, {lower.upto_bytes}",
            )
    for place, tier in enumerate(tiers):
        if tier.behavior == "bill" and not tier.block_bytes:
            yield f"overage[{place}].block_bytes", f"{_ABOVE_0}, since it is billed"


def _offers(plan: Plan) -> Iterator[Fault]:
    if plan.rounding is not None and not plan.rounding.unit_bytes:
        yield "rounding.unit_bytes", _ABOVE_0
    yield from _twice("caps", [cap.id for cap in plan.caps])
    expiry = plan.gifting.recipient_expiry
    if expiry != "cycle_end" and not (expiry.days or expiry.hours):
        yield "gifting.recipient_expiry.days", f"{_ABOVE_0}, or its hours"
    if plan.line.iccid is not None and normalize(plan.line.iccid) is None:
        yield "line.iccid", "89 and 16 to 18 more digits"


def _twice(key: str, names: Sequence[str]) -> Iterator[Fault]:
    firsts: dict[str, int] = {}
    for place, name in enumerate(names):
        first = firsts.setdefault(name, place)
        if first != place:
            yield f"{key}[{place}].id", f"another than that of {key}[{first}]: {name}"


def _entry(entry: Entry) -> Iterator[Fault]:
    place = f"ledger.{entry.id}"
    match entry:
        case Sync(lot=None) if (entry.used_bytes is None) == (
            entry.remaining_bytes is None
        ):
            yield place, "one with either used_bytes or remaining_bytes"
        case Sync(lot=str()) if (
            entry.remaining_bytes is None or entry.used_bytes is not None
        ):
            yield place, "one with remaining_bytes only, since it names a lot"
        case Topup() if entry.validity.mode == "until" and entry.validity.at is None:
            yield f"{place}.validity.at", "given, since its mode is until"
        case Adjust() if abs(entry.delta_bytes) > LARGEST_BYTES:
            yield f"{place}.delta_bytes", f"at most {LARGEST_BYTES} either way"
        case PlanChange():
            names = [bucket.id for bucket in entry.buckets]
            yield from _twice(f"{place}.buckets", names)
        case _:
            pass
