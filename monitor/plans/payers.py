"""Who pays for an interface: bindings for a time, then patterns. Pure.

One plan a byte. A binding of an interface for a time goes before any pattern, since it
is what somebody said of this interface; of patterns the first that matches decides.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.usage import Interval

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from monitor.plans.terms import Binding

_FAR_S: Final = 1 << 40


class Wide(NamedTuple):
    """A pattern of interfaces that a plan pays for at any time."""

    pattern: str
    plan: str


class Bindings(NamedTuple):
    """All that says which plan pays, in the order of the configuration.

    Attributes:
        binds: interfaces for a time.
        wides: patterns.
    """

    binds: tuple[Binding, ...] = ()
    wides: tuple[Wide, ...] = ()


class Clash(NamedTuple):
    """Two plans that want the same.

    Attributes:
        plan: one of them.
        other: the one before it.
        iface: the interface or the pattern.
        bind: of that plan; None for equal patterns.
    """

    plan: str
    other: str
    iface: str
    bind: Binding | None = None


class Paying(NamedTuple):
    """Which plan pays for what, and when it does.

    Attributes:
        bindings: of all plans.
        validities: by plan, when it is valid; a plan that is missing always is.
    """

    bindings: Bindings = Bindings()
    validities: Mapping[str, Sequence[Interval]] = {}

    def plan(self, device: str, at_s: int) -> str | None:
        """The plan that pays for an interface at an instant; None where nobody does.

        Args:
            device: the kernel's name.
            at_s: UTC seconds.
        """
        plan = payer(self.bindings, device, at_s)
        if plan is None or plan not in self.validities:
            return plan
        is_valid = any(v.from_s <= at_s < v.to_s for v in self.validities[plan])
        return plan if is_valid else None

    def parts(self, period: Interval) -> list[Interval]:
        """A period, cut where another plan may begin to pay.

        Args:
            period: half-open.
        """
        ends = {end for each in self.validities.values() for v in each for end in v}
        marks = sorted({*turns(self.bindings), *ends})
        inside = [mark for mark in marks if period.from_s < mark < period.to_s]
        edges = [period.from_s, *inside, period.to_s]
        return [Interval(*pair) for pair in pairwise(edges)]


def payer(bindings: Bindings, device: str, at_s: int) -> str | None:
    """The plan that pays for an interface at an instant.

    Args:
        bindings: without clashes.
        device: the kernel's name.
        at_s: UTC seconds; an end belongs to what comes after it.

    Returns:
        The plan's id; None when nobody pays.
    """
    for bind in bindings.binds:
        if bind.iface == device and _begin_s(bind) <= at_s < _end_s(bind):
            return bind.plan
    for wide in bindings.wides:
        if fnmatchcase(device, wide.pattern):
            return wide.plan
    return None


def turns(bindings: Bindings) -> list[int]:
    """The instants at which another plan may begin to pay, ascending.

    Args:
        bindings: of all plans.

    Returns:
        UTC seconds; each once.
    """
    ends = {each for bind in bindings.binds for each in (bind.from_s, bind.to_s)}
    return sorted(end for end in ends if end is not None)


def clashes(bindings: Bindings) -> Iterator[Clash]:
    """Equal bindings of two plans, and of one plan twice at a time.

    Args:
        bindings: of all plans.

    Yields:
        At least one if there are any.
    """
    newest: dict[str, Binding] = {}  # of each interface, what ends last
    for bind in sorted(bindings.binds, key=_begin_s):
        before = newest.get(bind.iface)
        if before is not None and _begin_s(bind) < _end_s(before):
            yield Clash(bind.plan, before.plan, bind.iface, bind)
        if before is None or _end_s(before) < _end_s(bind):
            newest[bind.iface] = bind
    first: dict[str, str] = {}
    for wide in bindings.wides:
        other = first.setdefault(wide.pattern, wide.plan)
        if other != wide.plan:
            yield Clash(wide.plan, other, wide.pattern)


def _begin_s(bind: Binding) -> int:
    return -_FAR_S if bind.from_s is None else bind.from_s


def _end_s(bind: Binding) -> int:
    return _FAR_S if bind.to_s is None else bind.to_s
