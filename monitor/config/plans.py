"""`[[plan]]` in the configuration: every key that can be set.

Short keys are for people; the tables of `monitor.plans.terms` may be used instead where
they do not say enough. What must fit together is in `plan_checks`; `contracts` turns a
table into a plan.
"""

from __future__ import annotations

import re
from typing import Final, Literal

from msgspec import Struct

from monitor.config.network_values import Iccid, Ssid, Tether, Uuid
from monitor.config.times import Deadline, Every, Length, Start, Weekday
from monitor.config.values import Duration, Instant, Moment, Pattern, Quota, Size
from monitor.plans.matching import ANY_TETHER
from monitor.plans.offers import (
    Bucket,
    Cap,
    Gifting,
    Percent,
    Positive,
    RenewalTerms,
    Rollover,
    Rounding,
    Tier,
)
from monitor.plans.terms import (
    AlertTerms,
    Background,
    ForecastTerms,
    Line,
    Member,
    Rapid,
    Zones,
)
from monitor.plans.timing import Cycle, DayOfMonth, Validity
from monitor.plans.values import Mcc, Minute, Money

PLAN_ID: Final = re.compile(r"[a-z0-9-]{1,40}", re.ASCII)
WARN_PCT: Final = (50, 80, 95)
REMIND_H: Final = (72, 24)
_HOUR_S: Final = 3600


class Match(Struct, frozen=True, forbid_unknown_fields=True):
    """Which traffic a plan pays for; what is named first goes before what follows.

    Attributes:
        iccid: SIM profiles, beside the plan's own.
        uuid: connections of NetworkManager.
        ssid: names of Wi-Fi networks.
        tether: whose connection another device shares: all, or some ways or makers.
        interface: names or shell patterns.
    """

    iccid: tuple[Iccid, ...] | None = None
    uuid: tuple[Uuid, ...] | None = None
    ssid: tuple[Ssid, ...] | None = None
    tether: bool | tuple[Tether, ...] | None = None
    interface: tuple[Pattern, ...] | None = None

    @property
    def tethers(self) -> tuple[str, ...]:
        """Ways and makers; `ANY_TETHER` stands for all."""
        if isinstance(self.tether, tuple):
            return self.tether
        return (ANY_TETHER,) if self.tether else ()


class Bind(
    Struct,
    frozen=True,
    forbid_unknown_fields=True,
    rename={"begin": "from", "end": "to"},
):
    """An interface that a plan pays for, for a time; goes before patterns.

    Attributes:
        interface: its name.
        begin: from when on; None for always.
        end: until when; None for ever.
    """

    interface: Pattern
    begin: Moment | None = None
    end: Moment | None = None


class PlanTable(Struct, frozen=True, forbid_unknown_fields=True):
    """One `[[plan]]`, or one file of `plans.d`; a missing key has its default.

    Attributes:
        id: its name, for commands and messages.
        quota: bytes of the bucket `main`, granted in each cycle; 0 is no limit.
        every: how often it is granted anew; once in a validity without.
        billing_day: day of the month; a shorter month takes its last one.
        weekday: on which a week begins.
        reset_time: local time at which cycles and calendar days begin.
        month_end: a month too short takes its last day, or the 1st of the next.
        cycle: all that in full.
        valid: how long the plan lasts after its start.
        starts_on: the date, the instant or the event that begins it.
        activate_by: from when on it is too late to begin it.
        on_deadline: what happens then.
        validity: all that in full.
        purchased_at: when it was bought.
        installed_at: when its profile was put on the machine.
        activated_at: when it was activated, if that is known.
        tz: time zone of its days; empty for the machine's.
        count: which direction costs.
        bucket: data that comes with it beside `quota`.
        buckets: the same under another name.
        after: what happens when nothing is left.
        kbps: of "throttle".
        block: of "bill": blocks are counted whole.
        price: of a block.
        tax_pct: on the price.
        max_cost: never more than this, tax included.
        overage: all that in full, tier by tier.
        rounding: how the carrier rounds up.
        rollover: whether what is left at the end of a cycle goes on.
        cap: limits beside the buckets.
        caps: the same under another name.
        gifting: what may be given away.
        renewal: what a renewal while valid means.
        zones: countries where it is good.
        countries: the same under another name.
        iccid: of its profile, which it pays for.
        line: the same in full.
        forecast: when a forecast is worth something.
        warn_pct: percents of the quota at which to warn.
        remind: how long before its end to remind.
        budget_day: whether to tell of a day over its budget.
        rapid: whether to tell when it goes much too fast.
        background: what programs may move in a window of the day.
        alerts: all that in full.
        member: those who share it.
        members: the same under another name.
        remaining: what the carrier said was left.
        as_of: when it said so.
        match: which traffic it pays for.
        bind: the same for a time.
    """

    id: str = ""
    quota: Quota | None = None
    every: Every | None = None
    billing_day: DayOfMonth | None = None
    weekday: Weekday | None = None
    reset_time: Minute | None = None
    month_end: Literal["clamp", "spill"] | None = None
    cycle: Cycle | None = None
    valid: Length | None = None
    starts_on: Start | None = None
    activate_by: Deadline | None = None
    on_deadline: Literal["lapse", "autostart"] | None = None
    validity: Validity | None = None
    purchased_at: Instant | None = None
    installed_at: Instant | None = None
    activated_at: Instant | None = None
    tz: str = ""
    count: Literal["both", "rx", "tx"] = "both"
    bucket: tuple[Bucket, ...] | None = None
    buckets: tuple[Bucket, ...] | None = None
    after: Literal["block", "throttle", "bill", "free"] | None = None
    kbps: Positive | None = None
    block: Size | None = None
    price: Money | None = None
    tax_pct: Money | None = None
    max_cost: Money | None = None
    overage: tuple[Tier, ...] | None = None
    rounding: Rounding | None = None
    rollover: bool | Rollover = False
    cap: tuple[Cap, ...] | None = None
    caps: tuple[Cap, ...] | None = None
    gifting: Gifting | None = None
    renewal: RenewalTerms | None = None
    zones: tuple[Mcc, ...] | Zones | None = None
    countries: tuple[Mcc, ...] | None = None
    iccid: str | None = None
    line: Line | None = None
    forecast: ForecastTerms | None = None
    warn_pct: tuple[Percent, ...] | None = None
    remind: tuple[Duration, ...] | None = None
    budget_day: bool = False
    rapid: bool | Rapid = False
    background: Background | None = None
    alerts: AlertTerms | None = None
    member: tuple[Member, ...] | None = None
    members: tuple[Member, ...] | None = None
    remaining: Size | None = None
    as_of: Instant | None = None
    match: Match = Match()
    bind: tuple[Bind, ...] = ()

    @property
    def all_buckets(self) -> tuple[Bucket, ...]:
        """Buckets beside `quota`."""
        return self.bucket or self.buckets or ()

    @property
    def all_members(self) -> tuple[Member, ...]:
        """Those who share it."""
        return self.member or self.members or ()

    @property
    def all_caps(self) -> tuple[Cap, ...]:
        """Limits beside the buckets."""
        return self.cap or self.caps or ()

    @property
    def warnings(self) -> tuple[int, ...]:
        """Percents at which to warn: what was set, or the default."""
        full = self.alerts.warn_pct if self.alerts is not None else ()
        return full or (WARN_PCT if self.warn_pct is None else self.warn_pct)

    @property
    def reminders_h(self) -> tuple[int, ...]:
        """Hours before the end at which to remind: what was set, or the default."""
        full = self.alerts.remind_before_h if self.alerts is not None else ()
        if full or self.remind is None:
            return full or REMIND_H
        return tuple(duration_s // _HOUR_S for duration_s in self.remind)
