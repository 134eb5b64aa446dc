"""What can be asked of a plan in a case file."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct, field

from monitor.plans.samples import Sample
from monitor.plans.terms import Binding, Member, Plan
from monitor.plans.timing import Part
from monitor.plans.values import Bytes, Mcc, Name, Second, Wall

_Counter = Annotated[int, Meta(ge=0, le=2**63 - 1)]


class _Ask(Part, frozen=True, kw_only=True, tag_field="what"):
    """What all asks have.

    Attributes:
        plan: which, where there are several.
    """

    plan: Name | None = None


class _AskAt(_Ask, frozen=True, kw_only=True):
    """A question about an instant.

    Attributes:
        at: everything dated at it or before counts.
    """

    at: Second


class AskStatus(_AskAt, frozen=True, tag="status"):
    """How a plan stands."""


class AskForecast(_AskAt, frozen=True, tag="forecast"):
    """When it will run out."""


class AskCycle(_AskAt, frozen=True, tag="cycle"):
    """Which cycle runs."""


class AskDisplay(_AskAt, frozen=True, kw_only=True, tag="display"):
    """How it stands, with the end of the cycle in the viewer's zone."""

    viewer_tz: ZoneInfo


class AskBoundaries(
    _Ask, frozen=True, kw_only=True, tag="boundaries", rename={"from_s": "from"}
):
    """The next `n` starts of cycles, not cut."""

    from_s: Second
    n: Annotated[int, Meta(ge=0, le=10_000)]


class AskAlerts(_Ask, frozen=True, kw_only=True, tag="alerts"):
    """What the owner would have been told, at which ticks, with which restarts."""

    ticks: tuple[Second, ...]
    restart: tuple[Second, ...] = ()


class AskDayUsage(_Ask, frozen=True, kw_only=True, tag="day_usage"):
    """The bytes of local days."""

    tz: ZoneInfo
    days: tuple[date, ...]


class AskCounters(_Ask, frozen=True, tag="counters"):
    """What rows of counters say was moved."""


class AskClock(_Ask, frozen=True, tag="clock"):
    """When rows were, by which clock."""


class AskParseSize(_Ask, frozen=True, kw_only=True, tag="parse_size"):
    """Bytes from text."""

    inputs: tuple[str, ...]
    unit_base: Literal[1000, 1024] = 1000


class AskIccid(_Ask, frozen=True, kw_only=True, tag="iccid"):
    """What is the same card."""

    inputs: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    raw: tuple[str, ...] = ()


Ask = (
    AskStatus
    | AskForecast
    | AskCycle
    | AskDisplay
    | AskBoundaries
    | AskAlerts
    | AskDayUsage
    | AskCounters
    | AskClock
    | AskParseSize
    | AskIccid
)


class PlanConfig(Part, frozen=True, kw_only=True):
    """Of a case about plans.

    Attributes:
        plan: the only one.
        plans: several; the ask names one.
        members: those who share it.
        bindings: None where all samples belong to the plan.
    """

    plan: Plan | None = None
    plans: tuple[Plan, ...] | None = None
    members: tuple[Member, ...] = ()
    bindings: tuple[Binding, ...] | None = None


class Reading(Struct, frozen=True, forbid_unknown_fields=True):
    """The last row of an interface before the daemon stopped."""

    rx: _Counter
    tx: _Counter
    boot_id: str
    ifindex: int


class CountersConfig(Part, frozen=True, kw_only=True):
    """Of a case about counters."""

    counter_bits: Literal[32, 64] = 64
    persisted: dict[str, Reading] = field(default_factory=dict)


class ClockConfig(Part, frozen=True, kw_only=True):
    """Of a case about the clock."""

    last_trusted: Second | None = None


class Device(Struct, frozen=True, forbid_unknown_fields=True):
    """Which device a row of counters is of."""

    boot_id: str
    ifindex: int


CounterRow = tuple[Second, str, _Counter, _Counter, Device]
"""When, which interface, received, sent, of which device."""


ClockRow = tuple[Wall, Annotated[int, Meta(ge=0, le=10**10)], bool, str]
"""What the wall showed, seconds since boot, whether that was synchronised, the boot."""


class UsageNotes(Part, frozen=True, rename={"from_s": "from"}):
    """What else is known of measured bytes.

    Attributes:
        from_s: when they began; an instant without it, or if it is not before the end.
        awake: spans in which the machine ran.
        mcc: country.
        tethered: whether moved for a machine behind this one.
        member: whose.
        iccid: the profile.
    """

    from_s: Second | None = None
    awake: tuple[tuple[Second, Second], ...] = ()
    mcc: Mcc | None = None
    tethered: bool | None = None
    member: Name | None = None
    iccid: str | None = None


class UsageRow(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Measured bytes: `[ts, iface, app, rx, tx, notes]`."""

    ts: Second
    iface: str
    app: str | None
    rx: Bytes
    tx: Bytes
    notes: UsageNotes = UsageNotes()

    def sample(self) -> Sample:
        """The same for the engine."""
        notes = self.notes
        from_s = self.ts if notes.from_s is None else min(notes.from_s, self.ts)
        return Sample(
            from_s,
            self.ts,
            self.iface,
            self.app,
            self.rx,
            self.tx,
            notes.awake,
            notes.mcc,
            notes.tethered,
            notes.member,
            notes.iccid,
        )
