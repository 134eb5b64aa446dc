"""A plan with all that belongs to it, as the store keeps it for its readers.

One is written as canonical JSON: equal agreements have the same text and hash.
"""

from __future__ import annotations

from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import msgspec

from monitor.errors import EsimmonError
from monitor.plans.entries import Entry
from monitor.plans.matching import lines_of
from monitor.plans.payers import Bindings, Wide, interface_payer
from monitor.plans.terms import Binding, Match, Member, Plan
from monitor.plans.timing import Part
from monitor.plans.values import Name, Second, decode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_ALWAYS: Final = -(1 << 62)
_NOTHING: Final[Mapping[str, Sequence[str]]] = MappingProxyType({})


class Agreement(Part, frozen=True, kw_only=True):
    """A plan and what was said of it beside its ledger.

    Attributes:
        plan: what was bought.
        position: in the configuration, from 0: of patterns the first that matches pays.
        members: who shares it.
        binds: interfaces that it pays for, for a time.
        patterns: interfaces that it pays for at any other time.
        matches: networks that it pays for on any interface, before all that.
        entries: of its ledger, by the configuration: what the carrier said was left.
    """

    plan: Plan
    position: int = 0
    members: tuple[Member, ...] = ()
    binds: tuple[Binding, ...] = ()
    patterns: tuple[str, ...] = ()
    matches: tuple[Match, ...] = ()
    entries: tuple[Entry, ...] = ()


_DECODER: Final = msgspec.json.Decoder(Agreement, dec_hook=decode)


class AgreementError(EsimmonError):
    """What the store keeps of a plan cannot be read."""


def agreement_of(body: str) -> Agreement:
    """Read what `canonical` wrote.

    Args:
        body: JSON.

    Returns:
        The same agreement.

    Raises:
        AgreementError: it is something else.
    """
    try:
        return _DECODER.decode(body)
    except (ValueError, RecursionError) as error:
        raise AgreementError(str(error)) from error


def all_bindings(
    agreements: Iterable[Agreement], replaced: Mapping[str, Sequence[str]] = _NOTHING
) -> Bindings:
    """Which interfaces and networks which plan pays for, of all plans together.

    Args:
        agreements: in any order.
        replaced: by plan, the SIM profiles that came in place of its first.

    Returns:
        In the order of the configuration.
    """
    ordered = sorted(agreements, key=lambda each: (each.position, each.plan.id))
    return Bindings(
        tuple(bind for each in ordered for bind in each.binds),
        tuple(
            Wide(pattern, each.plan.id) for each in ordered for pattern in each.patterns
        ),
        tuple(match for each in ordered for match in each.matches),
        tuple(
            line
            for each in ordered
            for line in lines_of(each.plan, replaced.get(each.plan.id, ()))
        ),
    )


def bindings_of(
    plan: str, bindings: Bindings, devices: Iterable[str]
) -> tuple[Binding, ...]:
    """When each device is paid for by a plan, as far as its network does not say.

    Args:
        plan: its id.
        bindings: of all plans.
        devices: names of interfaces.

    Returns:
        By device and time, disjoint; a device that the plan never pays for has none.
    """
    return tuple(
        bind
        for device in sorted(set(devices))
        for bind in _of_device(plan, bindings, device)
    )


def _of_device(plan: str, bindings: Bindings, device: str) -> list[Binding]:
    ends = {
        end
        for bind in bindings.binds
        if bind.iface == device
        for end in (bind.from_s, bind.to_s)
        if end is not None
    }
    marks: Sequence[int | None] = [None, *sorted(ends), None]
    found: list[Binding] = []
    for from_s, to_s in pairwise(marks):
        at_s = _ALWAYS if from_s is None else from_s
        if interface_payer(bindings, device, at_s) != plan:
            continue
        if found and found[-1].to_s == from_s and from_s is not None:
            from_s = found.pop().from_s  # noqa: PLW2901 - one binding with the last
        found.append(Binding(device, Name(plan), _second(from_s), _second(to_s)))
    return found


def _second(at_s: int | None) -> Second | None:
    return None if at_s is None else Second(at_s)
