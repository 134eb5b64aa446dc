"""The values of alerts: what is told, what changed, what was told already."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DATA_WARNING: Final = "data.warning"
DATA_LIMIT: Final = "data.limit"
EXPIRY_SOON: Final = "expiry.soon"
ACTIVATION_DEADLINE: Final = "activation.deadline"
EXPIRY_EXPIRED: Final = "expiry.expired"
EXPIRY_LAPSED: Final = "expiry.lapsed"
DATA_RAPID: Final = "data.rapid"
DATA_BUDGET_DAY: Final = "data.budget_day"
ROAMING_UNCOVERED: Final = "roaming.uncovered"
MEMBER_LIMIT: Final = "member.limit"
OVERAGE_BLOCK: Final = "overage.block"
BACKGROUND_USE: Final = "background.use"
SYNC_DRIFT: Final = "sync.drift"
BACKGROUND_RATE: Final = "background.rate"
NETWORK_UNCOVERED: Final = "network.uncovered"
NETWORK_ROAMING: Final = "network.roaming"
WIFI_IN_RANGE: Final = "wifi.in_range"
FORWARDING_STARTED: Final = "forwarding.started"
MONITOR_BLIND: Final = "monitor.blind"
APP_NEW: Final = "app.new"
APP_UNUSUAL: Final = "app.unusual"

OF_PLANS: Final = (
    DATA_WARNING,
    DATA_LIMIT,
    EXPIRY_SOON,
    ACTIVATION_DEADLINE,
    EXPIRY_EXPIRED,
    EXPIRY_LAPSED,
    DATA_RAPID,
    DATA_BUDGET_DAY,
    ROAMING_UNCOVERED,
    MEMBER_LIMIT,
    OVERAGE_BLOCK,
    BACKGROUND_USE,
    SYNC_DRIFT,
)
"""In the order in which they are told."""
OF_NETWORKS: Final = (
    NETWORK_UNCOVERED,
    NETWORK_ROAMING,
    WIFI_IN_RANGE,
    FORWARDING_STARTED,
)
"""Told once a stay, see `stays`; in the order in which they are told."""
SNOOZABLE: Final = (*OF_PLANS, *OF_NETWORKS, APP_NEW, APP_UNUSUAL)
"""Of which a person may hear nothing until a plan's cycle ends."""
SNOOZED_BY_CLICK: Final = frozenset(
    {*OF_PLANS} - {ACTIVATION_DEADLINE, EXPIRY_EXPIRED, EXPIRY_LAPSED}
)
"""Of plans in a cycle: before the first and after the last there is no end to wait
for."""
DETAILED: Final = SNOOZED_BY_CLICK | {
    NETWORK_ROAMING,
    FORWARDING_STARTED,
    BACKGROUND_RATE,
    APP_NEW,
    APP_UNUSUAL,
}
"""Of which a click shows who used most."""
OF_NO_PLAN: Final = frozenset(
    {BACKGROUND_RATE, MONITOR_BLIND, APP_NEW, APP_UNUSUAL, *OF_NETWORKS}
)
"""Their subject does not begin with a plan."""
SNOOZED_FOR_A_DAY: Final = OF_NO_PLAN - {MONITOR_BLIND}
"""By a click, whatever they are about. That the monitor is blind is everybody's matter:
nobody silences it for the others by a click."""
KINDS: Final = (*SNOOZABLE, BACKGROUND_RATE, MONITOR_BLIND)
"""All that there are; each can be switched off."""
REARMED: Final = frozenset({DATA_WARNING, DATA_LIMIT, MEMBER_LIMIT})
"""Told again in one cycle when they had ceased to hold."""
REMINDERS: Final = frozenset({EXPIRY_SOON, ACTIVATION_DEADLINE})
"""Of what is still to come."""
EVENTS: Final = frozenset({ROAMING_UNCOVERED, SYNC_DRIFT})
"""What has happened rather than holds."""


class Key(NamedTuple):
    """What is told once: one threshold of one plan in one cycle, or one program.

    Attributes:
        kind: of alert.
        since_s: UTC second at which what it is about began: cycle, day, window, stay;
            of a reminder the end; 0 without one.
        step: percent, hours, blocks, country; empty without one.
        subject: the plan, or plan and member, program or entry, or network, or network
            and program (with a slash between them), or program, or what the
            monitor lacks.
    """

    kind: str
    since_s: int
    step: str
    subject: str

    @property
    def plan(self) -> str:
        """The plan that it is about, unless that is a network."""
        return self.subject.partition("/")[0]  # no plan has a slash in its id

    @property
    def what(self) -> str:
        """The member, program or entry."""
        return self.subject.partition("/")[2]

    @property
    def text(self) -> str:
        """One string that `parse` reads; the subject is last, whatever it holds."""
        return f"{self.kind}/{self.since_s}/{self.step}/{self.subject}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The key whose text this is.

        Raises:
            ValueError: it is no key.
        """
        kind, since_s, step, subject = text.split("/", 3)
        return cls(kind, int(since_s), step, subject)


@dataclass(frozen=True, slots=True)
class Alert:
    """What a person is told; all names are hostile until escaped.

    Attributes:
        key: what it is about; told once.
        plan: whose bytes; empty without one.
        application: who moved them; empty where it is not about a program.
        network: where; empty where it is about all networks of a plan.
        detail: one figure for programs, by kind as `plan-model` has it.
        title: one line.
        body: what happened, by whom, what is left and until when, what to do.
    """

    key: Key
    plan: str
    application: str
    network: str
    detail: str
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Raised:
    """A condition began to hold: tell it."""

    alert: Alert
    at_s: int

    @property
    def key(self) -> Key:
        """What it is about."""
        return self.alert.key

    @property
    def handle(self) -> str:
        """Names this one occasion: the same key may be raised again later."""
        return f"{self.at_s}/{self.key.text}"


@dataclass(frozen=True, slots=True)
class Noted:
    """A condition holds that a graver one speaks for: as if it had been told."""

    key: Key
    at_s: int


@dataclass(frozen=True, slots=True)
class Cleared:
    """A condition holds no longer.

    Attributes:
        key: what it was about.
        at_s: UTC second.
        rearmed: whether it may be told again.
    """

    key: Key
    at_s: int
    rearmed: bool


Change = Raised | Noted | Cleared


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of telling one alert in one way.

    Attributes:
        raised: the alert and when it was raised.
        way: `journal`, `desktop` (this process's own), `agent` (a user's `notify`).
        at_s: UTC second.
        failure: why nobody saw it, one sentence; empty when it was told.
    """

    raised: Raised
    way: str
    at_s: int
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What was told already; survives restarts in the store.

    Attributes:
        marks: what is not told again, with the UTC second at which it was.
        open: alerts that still hold.
        shown: handles of those among them that a person has seen.
    """

    marks: Mapping[Key, int] = field(default_factory=dict)
    open: Mapping[Key, Raised] = field(default_factory=dict)
    shown: frozenset[str] = frozenset()

    def after(self, changes: Iterable[Change]) -> Told:
        """What was told once these changes are, too."""
        marks, opened = dict(self.marks), dict(self.open)
        for change in changes:
            match change:
                case Raised():
                    marks[change.key] = change.at_s
                    opened[change.key] = change
                case Noted():
                    marks[change.key] = change.at_s
                case Cleared():
                    opened.pop(change.key, None)
                    if change.rearmed:
                        marks.pop(change.key, None)
        handles = {raised.handle for raised in opened.values()}
        return Told(marks, opened, self.shown & handles)

    def with_shown(self, handle: str) -> Told:
        """The same, with one more that a person has seen."""
        return Told(self.marks, self.open, self.shown | {handle})
