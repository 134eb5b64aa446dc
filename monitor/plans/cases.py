"""A case of a case file as checked values.

A case is `{id, config, usage, ledger, ask}`, and `counters` or `clock` rows; what it is
called, belongs to and should give (`part`, `set`, `title`, `why`, `expect`) is not
looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from msgspec import Struct

from monitor.plans.asks import Ask, PlanConfig, UsageRow
from monitor.plans.checking import check, check_entries
from monitor.plans.entries import Entry
from monitor.plans.localtime import NEVER
from monitor.plans.refusals import Doubled, RefusedError, read, refuse, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.plans.samples import Sample
    from monitor.plans.terms import Binding, Member, Plan

LONGEST_ID: Final = 200


class RawCase(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The parts of a case, each still to be checked."""

    id: str
    ask: Any
    config: Any = None
    usage: Any = None
    ledger: Any = None
    counters: Any = None
    clock: Any = None
    part: Any = None
    set: Any = None
    title: Any = None
    why: Any = None
    expect: Any = None


class _Asked(Struct, frozen=True):
    """The part that says what is asked."""

    ask: Ask


class Scene(NamedTuple):
    """All that the answer about a plan depends on, beside the instant asked.

    Attributes:
        plan: the plan asked about.
        members: those who share it.
        entries: its ledger, in the order of the file.
        bindings: None where all samples belong to the plan.
        samples: by start; those of one start in the order of the file.
    """

    plan: Plan
    members: tuple[Member, ...]
    entries: tuple[Entry, ...]
    bindings: tuple[Binding, ...] | None
    samples: list[Sample]


def case_id(case: object) -> str:
    """Whose answer it will be.

    Args:
        case: as JSON gives it.

    Returns:
        Its id, which may hold any characters.

    Raises:
        RefusedError: it has none.
    """
    if isinstance(case, Doubled):
        raise RefusedError(f"the key {shown(case.key)} is there twice.")
    if not isinstance(case, dict):
        raise RefusedError("must be an object with an id.")
    if "id" not in case:
        raise RefusedError("has no id.")
    found = case["id"]
    if not isinstance(found, str) or not 0 < len(found) <= LONGEST_ID:
        raise refuse("id", found, f"a text of 1 to {LONGEST_ID} characters")
    return found


def case_of(found: object) -> tuple[RawCase, Ask]:
    """The parts of a case.

    Args:
        found: the case as JSON gives it.

    Returns:
        Its parts, and what is asked, checked.

    Raises:
        RefusedError: nothing that can be answered is asked.
    """
    case = read(found, RawCase, "")
    return case, read({"ask": case.ask}, _Asked, "").ask


def scene_of(case: RawCase, plan_id: str | None) -> Scene:
    """Check what a question about a plan needs.

    Args:
        case: the case; its rows of usage are used up.
        plan_id: which plan is asked about, if that is said.

    Returns:
        Checked values.

    Raises:
        RefusedError: something in it is not allowed.
    """
    config = read(_given(case.config, {}), PlanConfig, "config")
    entries = read(_given(case.ledger, []), tuple[Entry, ...], "ledger")
    samples = _samples(case)
    samples.sort(key=lambda each: each.from_s)  # of one start, the file's order
    _refuse_shared(config.bindings or ())
    place, plan = _asked(config, plan_id)
    _refuse_senseless(place, plan, config.members, entries)
    return Scene(plan, config.members, entries, config.bindings, samples)


def _samples(case: RawCase) -> list[Sample]:
    """Rows become samples one by one, and are let go: there may be half a million."""
    rows = read(_given(case.usage, []), list[Any], "usage")
    samples = []
    for index, row in enumerate(rows):
        samples.append(read(row, UsageRow, f"usage[{index}]").sample())
        case.usage[index] = None
    return samples


def _refuse_shared(bindings: Sequence[Binding]) -> None:
    """One plan a byte: an interface is never two plans' at the same time."""
    spans = sorted(
        (
            each.iface,
            -NEVER if each.from_s is None else each.from_s,
            NEVER if each.to_s is None else each.to_s,
            index,
        )
        for index, each in enumerate(bindings)
    )
    longest: tuple[str, int, int] | None = None
    for iface, from_s, to_s, index in spans:
        place = f"config.bindings[{index}]"
        if to_s <= from_s:
            raise RefusedError(f"{place}.to: must be after from.")
        if longest is None or longest[0] != iface or longest[1] <= from_s:
            longest = iface, to_s, index
        elif bindings[longest[2]].plan != bindings[index].plan:
            raise RefusedError(
                f"{place}: gives {shown(iface)} to two plans at the same time, see "
                f"config.bindings[{longest[2]}]."
            )
        else:
            longest = max(longest, (iface, to_s, index))


def _given(found: object, default: object) -> object:
    return default if found is None else found


def _refuse_senseless(
    place: str, plan: Plan, members: Sequence[Member], entries: Sequence[Entry]
) -> None:
    """What types cannot see."""
    for fault, sentence in check(plan, members):
        where = "config" if fault.startswith("members") else place
        raise RefusedError(f"{where}.{fault}: must be {sentence}.")
    for fault, sentence in check_entries(entries):
        raise RefusedError(f"{fault}: must be {sentence}.")


def _asked(config: PlanConfig, plan_id: str | None) -> tuple[str, Plan]:
    """The plan that is asked about, and where it stands."""
    if config.plan is not None and config.plans is not None:
        raise RefusedError("config: has both plan and plans, give one of them.")
    plans = config.plans if config.plan is None else (config.plan,)
    if not plans:
        raise RefusedError("config: has no plan.")
    names = [plan.id for plan in plans]
    if len(set(names)) < len(names):
        raise RefusedError("config.plans: two of them have the same id.")
    if plan_id is None and len(plans) > 1:
        raise RefusedError(f"ask.plan: is missing; one of {', '.join(names)}.")
    for index, plan in enumerate(plans):
        if plan_id in (None, plan.id):
            place = "plan" if config.plans is None else f"plans[{index}]"
            return f"config.{place}", plan
    raise refuse("ask.plan", plan_id, f"one of {', '.join(names)}")
