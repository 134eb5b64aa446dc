"""What can be set, with its defaults and limits."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

from monitor.alerts.habits import WEEKS
from monitor.alerts.model import KINDS
from monitor.alerts.switches import is_off
from monitor.config.plan_checks import first_fault
from monitor.config.plans import PlanTable
from monitor.config.pool import Pool, fault_of_pool
from monitor.config.values import (
    AbsolutePath,
    Duration,
    KindPattern,
    Listen,
    NamePattern,
    NetworkPattern,
    Pattern,
    Size,
)
from monitor.notifiers.quiet import DayTimes
from monitor.notifiers.rules import CHANNELS
from monitor.units import exact_duration, exact_size

_MINUTE_S = 60
_DAY_S = 86_400
_MB = 1_000_000
_GB = 1_000_000_000


class Interfaces(Struct, frozen=True, forbid_unknown_fields=True):
    """Which interfaces are billed, and which of them cost.

    Attributes:
        include: billed although the guess leaves them out.
        exclude: never billed; wins over `include`.
        metered: their bytes cost, whatever NetworkManager says.
        unmetered: their bytes do not cost.
        tethered: another device's hotspot or cable: what stays among its neighbours
            is no carrier's business.
    """

    include: tuple[Pattern, ...] = ()
    exclude: tuple[Pattern, ...] = ()
    metered: tuple[Pattern, ...] = ()
    unmetered: tuple[Pattern, ...] = ()
    tethered: tuple[Pattern, ...] = ()


class Networks(Struct, frozen=True, forbid_unknown_fields=True):
    """Which networks cost, wherever they are met.

    Attributes:
        metered: their bytes cost, whatever anybody says.
        unmetered: their bytes do not cost.
    """

    metered: tuple[NetworkPattern, ...] = ()
    unmetered: tuple[NetworkPattern, ...] = ()


class Store(Struct, frozen=True, forbid_unknown_fields=True):
    """The database.

    Attributes:
        path: empty for the usual place.
        size_limit_bytes: beyond it the oldest details go first.
        backups: how many daily copies are kept; 0 makes none.
    """

    path: AbsolutePath = AbsolutePath("")
    size_limit_bytes: Size = field(default=Size(200 * _MB), name="size_limit")
    backups: int = 7


class Retention(Struct, frozen=True, forbid_unknown_fields=True):
    """How long details are kept; days are kept for ever.

    Attributes:
        slots_s: usage by 5 minutes.
        hours_s: usage by the hour.
        processes_s: usage of single processes.
    """

    slots_s: Duration = field(default=Duration(62 * _DAY_S), name="slots")
    hours_s: Duration = field(default=Duration(400 * _DAY_S), name="hours")
    processes_s: Duration = field(default=Duration(7 * _DAY_S), name="processes")


class Sampling(Struct, frozen=True, forbid_unknown_fields=True):
    """How often counters are read and written down.

    Attributes:
        tick_s: between two readings.
        flush_s: between two writes: what a power cut can cost.
    """

    tick_s: Duration = field(default=Duration(10), name="tick")
    flush_s: Duration = field(default=Duration(30), name="flush")


class Background(Struct, frozen=True, forbid_unknown_fields=True):
    """When an application that nobody looks at moves too much.

    Attributes:
        rate_bytes: an alert from this many bytes on.
        within_s: in this time.
        allow: applications that may.
    """

    rate_bytes: Size = field(default=Size(50 * _MB), name="rate")
    within_s: Duration = field(default=Duration(10 * _MINUTE_S), name="within")
    allow: tuple[NamePattern, ...] = ()


class Unusual(Struct, frozen=True, forbid_unknown_fields=True):
    """When an application moves much more than it usually does at such an hour.

    Attributes:
        floor_bytes: in an hour; less is never told.
        times: as much as ever before.
        weeks: of which the hour must be known.
    """

    floor_bytes: Size = field(default=Size(50 * _MB), name="floor")
    times: int = 4
    weeks: int = 4


class Remotes(Struct, frozen=True, forbid_unknown_fields=True):
    """The memory of the networks that programs talked to.

    Attributes:
        enabled: whether there is one.
        keep_s: how long.
        top: networks of each application and hour, once the hour is over.
    """

    enabled: bool = False
    keep_s: Duration = field(default=Duration(_DAY_S), name="keep")
    top: int = 20

    @property
    def kept_s(self) -> int:
        """How long they are kept; 0 for not at all."""
        return self.keep_s if self.enabled else 0


class AlertRule(Struct, frozen=True, forbid_unknown_fields=True):
    """How some kinds of alerts are told.

    Attributes:
        kinds: which.
        urgency: how loudly; without it as is each kind's own.
        channels: by which ways.
    """

    kinds: tuple[KindPattern, ...]
    urgency: Literal["low", "normal", "critical"] | None = None
    channels: tuple[Literal["desktop", "push"], ...] = CHANNELS


class Alerts(Struct, frozen=True, forbid_unknown_fields=True):
    """What a person is told.

    Attributes:
        off: kinds of alerts that are not told at all.
        quiet: local times in which desktop and push wait; critical ones do not.
        rules: of the kinds that are told otherwise; the first that matches decides.
    """

    off: tuple[KindPattern, ...] = ()
    quiet: DayTimes = DayTimes()
    rules: tuple[AlertRule, ...] = field(default=(), name="rule")


class Push(Struct, frozen=True, forbid_unknown_fields=True):
    """Alerts beyond this machine, sent by `esimmon relay`.

    Attributes:
        addresses: the file with the addresses; empty for none.
    """

    addresses: AbsolutePath = AbsolutePath("")


class Metrics(Struct, frozen=True, forbid_unknown_fields=True):
    """Figures for Prometheus, given by `esimmon relay`.

    Attributes:
        listen: where; empty for nowhere.
    """

    listen: Listen = Listen()


class Config(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file; a missing table or key has its default."""

    interfaces: Interfaces = Interfaces()
    networks: Networks = Networks()
    store: Store = Store()
    retention: Retention = Retention()
    sampling: Sampling = Sampling()
    background: Background = Background()
    unusual: Unusual = Unusual()
    remotes: Remotes = Remotes()
    alerts: Alerts = Alerts()
    push: Push = Push()
    metrics: Metrics = Metrics()
    pool: Pool = Pool()
    plans: tuple[PlanTable, ...] = field(default=(), name="plan")


def out_of_limits(config: Config) -> tuple[str, str] | None:
    """The first setting whose value makes no sense by itself or beside another.

    Args:
        config: values of the right types.

    Returns:
        Its dotted key and what is allowed, to be read after "must be"; or None.
    """
    fault = first_fault(config.plans)
    if fault is not None:
        return f"plan[{fault.position}].{fault.key}", fault.allowed
    sampling, kept, store = config.sampling, config.retention, config.store
    background, remotes = config.background, config.remotes
    unusual, pool = config.unusual, config.pool
    for key, value, least, most in (
        ("store.size_limit", store.size_limit_bytes, 10 * _MB, 1_000_000 * _MB),
        ("store.backups", store.backups, 0, 365),
        ("retention.slots", kept.slots_s, _DAY_S, 3660 * _DAY_S),
        ("retention.hours", kept.hours_s, kept.slots_s, 36_600 * _DAY_S),
        ("retention.processes", kept.processes_s, _DAY_S, kept.hours_s),
        ("sampling.tick", sampling.tick_s, 1, _MINUTE_S),
        ("sampling.flush", sampling.flush_s, sampling.tick_s, 10 * _MINUTE_S),
        ("background.rate", background.rate_bytes, 1000, 1000 * _GB),
        ("background.within", background.within_s, _MINUTE_S, _DAY_S),
        ("unusual.floor", unusual.floor_bytes, _MB, 1000 * _GB),
        ("unusual.times", unusual.times, 2, 100),
        ("unusual.weeks", unusual.weeks, 2, WEEKS),
        ("remotes.keep", remotes.keep_s, 60 * _MINUTE_S, 7 * _DAY_S),
        ("remotes.top", remotes.top, 1, 1000),
        ("pool.every", pool.every_s, _MINUTE_S, _DAY_S),
        ("pool.metered_per_hour", pool.metered_per_hour_bytes, 20_000, _GB),
    ):
        if not least <= value <= most:
            return key, f"from {_as(value, least)} to {_as(value, most)}"
    for table, given in (
        ("interfaces", config.interfaces),
        ("networks", config.networks),
    ):
        if set(given.metered) & set(given.unmetered):
            return f"{table}.unmetered", f"without what {table}.metered names"
    return fault_of_pool(pool) or _fault_of_alerts(config.alerts)


def _fault_of_alerts(alerts: Alerts) -> tuple[str, str] | None:
    patterns = [("alerts.off", alerts.off)]
    for position, rule in enumerate(alerts.rules):
        key = f"alerts.rule[{position}].kinds"
        if not rule.kinds:
            return key, 'some kinds of alerts, such as ["app.new", "network.*"]'
        patterns.append((key, rule.kinds))
    for key, given in patterns:
        for pattern in given:
            if not any(is_off(kind, (pattern,)) for kind in KINDS):
                what = "without a pattern that no kind of alert matches"
                return key, f"{what} ({pattern}); there are {', '.join(KINDS)}"
    return None


def _as(model: int, limit: int) -> str:
    """A limit as it would be written in the file beside a value of that setting."""
    if isinstance(model, Size):
        return f'"{exact_size(limit)}"'
    return f'"{exact_duration(limit)}"' if isinstance(model, Duration) else str(limit)
