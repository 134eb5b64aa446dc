"""What was bought: a plan in the words of its contract.

The same structures are read from a case file, from the configuration and from a file
of `plans.d`. Every optional object that is present is on, with its defaults. `timing`
has the parts that say when, `offers` those that say how much.
"""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from msgspec import Meta, field

from monitor.plans.offers import (
    Bucket,
    Cap,
    Gifting,
    Percent,
    RenewalTerms,
    Rollover,
    Rounding,
    Tier,
)
from monitor.plans.timing import Cycle, Part, Validity, Whole, Window
from monitor.plans.values import Bytes, Mcc, Name, Pattern, Second

Count = Literal["both", "rx", "tx"]
"""Which direction costs."""


class Zones(Part, frozen=True):
    """Countries in which a plan is good."""

    included: tuple[Mcc, ...] | None = None


class Line(Part, frozen=True):
    """The profile; any spelling, see `monitor.plans.iccid`."""

    iccid: str | None = None


class ForecastTerms(Part, frozen=True):
    """When a forecast is worth something; in seconds."""

    min_elapsed_s: Annotated[int, Meta(ge=0, le=10**9)] = 21_600
    rapid_window_s: Annotated[int, Meta(ge=1, le=10**9)] = 345_600


class Rapid(Part, frozen=True):
    """Tell when data goes much faster than it may, again after `every_h` hours."""

    every_h: Annotated[int, Meta(ge=1, le=87840)] = 24


class Background(Part, frozen=True):
    """Tell what programs move in a window of the day.

    Attributes:
        window: when.
        bytes: of one program.
        allow: programs that may.
    """

    window: Window
    bytes: Bytes
    allow: tuple[Pattern, ...] = ()


class SyncDrift(Part, frozen=True):
    """Tell when the carrier counts otherwise: by both bytes and percent."""

    bytes: Bytes = Bytes(0)
    pct: Annotated[int, Meta(ge=0, le=10**6)] = 0


class AlertTerms(Part, frozen=True, kw_only=True):
    """What the owner wants to be told.

    Attributes:
        warn_pct: percents of the limit.
        remind_before_h: hours before the end of the validity or the deadline.
        rapid: None for off.
        budget_day: whether a day over its budget is told.
        background: None for off.
        sync_drift: None for off.
    """

    warn_pct: tuple[Percent, ...] = ()
    remind_before_h: tuple[Annotated[int, Meta(ge=1, le=87840)], ...] = ()
    rapid: Rapid | None = None
    budget_day: bool = False
    background: Background | None = None
    sync_drift: SyncDrift | None = None


class Plan(Part, frozen=True, kw_only=True):
    """One data plan as it was bought.

    Attributes:
        id: its name.
        tz: whose days and months are meant.
        count: which direction costs.
        cycle: when data comes anew.
        validity: how long it lasts.
        buckets: data that comes with it.
        overage: tiers, ascending; empty for `block`.
        rounding: how the carrier rounds up.
        rollover: None for off.
        caps: limits beside the lots.
        gifting: what may be given away.
        renewal: what a renewal while valid means.
        zones: where it is good.
        line: its profile.
        forecast: when a forecast is worth something.
        alerts: what the owner wants to be told.
        purchased_at: when it was bought.
        installed_at: when the profile was put on the machine.
        activated_at: when it was activated, if that is known.
    """

    id: Name
    tz: ZoneInfo = ZoneInfo("UTC")
    count: Count = "both"
    cycle: Cycle = field(default_factory=Whole)
    validity: Validity = Validity()
    buckets: tuple[Bucket, ...] = ()
    overage: tuple[Tier, ...] = ()
    rounding: Rounding | None = None
    rollover: Rollover | None = None
    caps: tuple[Cap, ...] = ()
    gifting: Gifting = Gifting()
    renewal: RenewalTerms = RenewalTerms()
    zones: Zones = Zones()
    line: Line = Line()
    forecast: ForecastTerms = ForecastTerms()
    alerts: AlertTerms = AlertTerms()
    purchased_at: Second | None = None
    installed_at: Second | None = None
    activated_at: Second | None = None


class Member(Part, frozen=True):
    """One of those who share a plan.

    Attributes:
        id: their name.
        allocation_bytes: of each cycle; None for no bound.
        reserve_bytes: kept for them whatever the others use.
    """

    id: Name
    allocation_bytes: Bytes | None = None
    reserve_bytes: Bytes = Bytes(0)


class Match(Part, frozen=True):
    """A network whose traffic belongs to a plan, on any interface and at any time.

    Attributes:
        kind: what it is known by, see `monitor.plans.matching`.
        value: of an ICCID any spelling; an SSID as text, or `hex:` and its bytes; a
            way of tethering, a phone's maker, both, or "true" for all.
        plan: whose.
    """

    kind: Literal["iccid", "uuid", "ssid", "tether"]
    value: str
    plan: Name


class Binding(Part, frozen=True, rename={"from_s": "from", "to_s": "to"}):
    """When an interface's traffic belongs to a plan; None is unbounded."""

    iface: str
    plan: Name
    from_s: Second | None = None
    to_s: Second | None = None
