"""What a plan is."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from monitor.usage import Traffic

Count = Literal["both", "rx", "tx"]
"""Which direction costs."""


class Validity(NamedTuple):
    """From when until when a plan pays, in UTC seconds; None is open."""

    start_s: int | None = None
    end_s: int | None = None


ALWAYS: Final = Validity()


class Calibration(NamedTuple):
    """What the carrier said was left, and when: it counts otherwise than we do.

    Attributes:
        at_s: UTC second at which that was true.
        remaining_bytes: not more than the quota.
    """

    at_s: int
    remaining_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One data plan as it was bought.

    Attributes:
        id: its name in the configuration.
        interfaces: shell patterns of the interfaces it pays for.
        zone: whose days and months are meant.
        quota_bytes: granted anew in each cycle; None without a limit.
        count: which direction costs.
        warn_pct: percents of the quota at which the owner is told, ascending.
        billing_day: day of the month on which a cycle begins, the last one where the
            month is shorter; None where the whole validity is one cycle.
        validity: when it pays at all.
        calibration: the newest word of the carrier.
    """

    id: str
    interfaces: tuple[str, ...]
    zone: ZoneInfo
    quota_bytes: int | None = None
    count: Count = "both"
    warn_pct: tuple[int, ...] = (50, 80, 95)
    billing_day: int | None = None
    validity: Validity = ALWAYS
    calibration: Calibration | None = None

    def matches(self, interface: str) -> bool:
        """Whether it would pay for an interface; another plan may come first."""
        return any(fnmatchcase(interface, pattern) for pattern in self.interfaces)

    def is_valid_at(self, at_s: int) -> bool:
        """Whether it pays at all at an instant."""
        start_s, end_s = self.validity
        is_begun = start_s is None or start_s <= at_s
        return is_begun and (end_s is None or at_s < end_s)

    def charged(self, traffic: Traffic) -> int:
        """The bytes that cost: of layer 3, in the direction that counts."""
        if self.count == "both":
            return traffic.bytes
        return traffic.rx_bytes if self.count == "rx" else traffic.tx_bytes


def payer(plans: tuple[Plan, ...], interface: str) -> Plan | None:
    """The plan that pays for an interface: one plan a byte.

    Args:
        plans: in the order of the configuration; the first that matches pays.
        interface: the kernel's name.

    Returns:
        None when no plan matches.
    """
    return next((plan for plan in plans if plan.matches(interface)), None)
