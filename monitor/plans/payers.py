"""Who pays: networks, then interfaces for a time, then patterns of interfaces. Pure.

One plan a byte. What is known of the network goes before its interface (`matching`). A
binding of an interface for a time goes before any pattern, since it is what somebody
said of this interface; of patterns the first that matches decides.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.plans.matching import NOBODY, Line, is_foreign, network_plan, overlapping
from monitor.usage import Interval

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping, Sequence

    from monitor.plans.terms import Binding, Match
    from monitor.usage import Attachment

INTERFACE: Final = "interface"
_FAR_S: Final = 1 << 62  # as far as `agreement` looks back
_REMEMBERED: Final = 1000  # attachments; a machine has some dozens in its life


class Wide(NamedTuple):
    """A pattern of interfaces that a plan pays for at any time."""

    pattern: str
    plan: str


class Bindings(NamedTuple):
    """All that says which plan pays, in the order of the configuration.

    Attributes:
        binds: interfaces for a time.
        wides: patterns.
        matches: networks.
        lines: the SIM profiles of the plans themselves.
    """

    binds: tuple[Binding, ...] = ()
    wides: tuple[Wide, ...] = ()
    matches: tuple[Match, ...] = ()
    lines: tuple[Line, ...] = ()

    @property
    def is_any(self) -> bool:
        """Whether any plan pays for anything."""
        return any(self)


class Clash(NamedTuple):
    """Two plans that want the same.

    Attributes:
        plan: one of them.
        other: the one before it.
        value: the interface, the pattern or the network.
        bind: of that plan; None for patterns and networks.
        kind: `interface`, or what the network is known by.
        other_value: what the other plan has for it.
    """

    plan: str
    other: str
    value: str
    bind: Binding | None = None
    kind: str = INTERFACE
    other_value: str = ""


class Paying(NamedTuple):
    """Which plan pays for what, and when it does.

    Attributes:
        bindings: of all plans.
        validities: by plan, when it is valid; a plan that is missing always is.
    """

    bindings: Bindings = Bindings()
    validities: Mapping[str, Sequence[Interval]] = {}

    def plan(self, where: Attachment, at_s: int) -> str | None:
        """The plan that pays at an instant; None where nobody does.

        Args:
            where: a network on a device.
            at_s: UTC seconds.
        """
        plan = payer(self.bindings, where, at_s)
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


class Claim:
    """Which attachments' bytes are a plan's.

    Attributes:
        devices: names of those that the plan pays for at some time.
    """

    __slots__ = ("_bindings", "_known", "_plan", "devices")

    def __init__(self, bindings: Bindings, plan: str, devices: Container[str]) -> None:
        """Take what binds the plan.

        Args:
            bindings: of all plans.
            plan: its id.
            devices: names of those that it pays for at some time.
        """
        self.devices = devices
        self._bindings = bindings
        self._plan = plan
        self._known: dict[Attachment, bool | None] = {}

    def on(self, where: Attachment) -> bool | None:
        """Whether bytes of a network on a device are the plan's.

        Args:
            where: that.

        Returns:
            True for all of them, None for none; False where the interface decides by
            itself, at any time.
        """
        if where not in self._known:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[where] = self._find(where)
        return self._known[where]

    def _find(self, where: Attachment) -> bool | None:
        plan = network_of(self._bindings, where)
        if plan is None:
            return False if where.device in self.devices else None
        return True if plan == self._plan else None


def network_of(bindings: Bindings, where: Attachment) -> str | None:
    """The plan that pays for a network on whatever interface, at any time.

    Args:
        bindings: without clashes.
        where: the network on its device.

    Returns:
        The plan's id; empty where nobody pays; None where the interface decides.
    """
    return network_plan(bindings.matches, bindings.lines, where)


def payer(bindings: Bindings, where: Attachment, at_s: int) -> str | None:
    """The plan that pays for a network on an interface at an instant.

    Args:
        bindings: without clashes.
        where: that.
        at_s: UTC seconds; an end belongs to what comes after it.

    Returns:
        The plan's id; None when nobody pays.
    """
    plan = network_of(bindings, where)
    if plan is not None:
        return None if plan == NOBODY else plan
    plan = interface_payer(bindings, where.device, at_s)
    # A plan for one SIM does not pay for another that is put into the same modem.
    is_other = plan is not None and is_foreign(bindings.lines, plan, where.iccid)
    return None if is_other else plan


def interface_payer(bindings: Bindings, device: str, at_s: int) -> str | None:
    """The plan that pays for an interface, when nothing is known of its network.

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
    """Equal or overlapping bindings of two plans, and of one plan twice at a time.

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
    for one, two in overlapping(bindings.matches):
        yield Clash(one.plan, two.plan, one.value, None, one.kind, two.value)


def _begin_s(bind: Binding) -> int:
    return -_FAR_S if bind.from_s is None else bind.from_s


def _end_s(bind: Binding) -> int:
    return _FAR_S if bind.to_s is None else bind.to_s
