"""A row of a report, and what can be done with rows whatever they are about."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from monitor.usage import FORWARDED, TUNNEL, Interval, Traffic, total

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable


_K = TypeVar("_K", bound="Hashable")

UNATTRIBUTED = "unattributed"
OVER_EXPLAINED = "over-explained"
OTHER_PROCESSES = "other-processes"
OTHERS = "others"
NO_PLAN = "no_plan"
NO_MEMBER = "no_member"
THIS_COMPUTER = "local"
"""The device that counted, in a report by device."""
ELSEWHERE = "@"
"""Begins the name of another device, whose export was imported."""
OWN_WAYS = (TUNNEL, FORWARDED)
"""Reasons of rows that are a program's own all the same, where they name one."""


class Place(NamedTuple):
    """Where bytes went: rows add up for each of these by itself."""

    interface: str
    network: str


@dataclass(frozen=True, slots=True)
class ProcessName:
    """One process as its kernel knew it; strings are hostile until escaped.

    Attributes:
        pid: in the initial pid namespace.
        started_s: UTC second of its start; None when the boot's clock is unknown.
        comm: the kernel's name of it.
        exe: path of its program.
        uid: real user id.
    """

    pid: int
    started_s: int | None
    comm: str
    exe: str
    uid: int


class Account(NamedTuple):
    """What is to be said of bytes beside who paid.

    Attributes:
        zero_rated_bytes: free of charge.
        uncovered_bytes: outside of the plan's countries or time.
        coverage_permille: explained of 1,000; None without bytes.
    """

    zero_rated_bytes: int = 0
    uncovered_bytes: int = 0
    coverage_permille: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Bytes of one subject in one place.

    Attributes:
        place: interface and network.
        traffic: IP bytes and packets; negative only in corrections.
        application: None for bytes without one.
        reason: why there is no owner, or which part of the owner's bytes this is.
        via: the device between the owner and the interface, if there is one.
        app_class: `interactive`, `background` or `unknown`; None without an owner.
        uid: the user, in a report by user.
        plan: who pays, in a report by plan or member, or with accounts.
        member: who of those that share the plan moved them, in a report by member.
        device: `local`, or a member's other one such as `@amina`, in a report by
            device.
        process: in a report by process.
        interval: in a report by parts of the period.
        active: first and last second of a process's traffic.
        is_place: whether the row is about the place itself.
        counter: the raw counter's bytes, in a report by interface.
        folded: how many subjects a row `others` stands for.
        before: the same of the period before, where each row is compared.
        account: what its plan did not count, and how much is explained, where that is
            asked for.
    """

    place: Place
    traffic: Traffic
    application: str | None = None
    reason: str | None = None
    via: str | None = None
    app_class: str | None = None
    uid: int | None = None
    plan: str | None = None
    member: str | None = None
    device: str | None = None
    process: ProcessName | None = None
    interval: Interval | None = None
    active: Interval | None = None
    is_place: bool = False
    counter: Traffic | None = None
    folded: int = 0
    before: Traffic | None = None
    account: Account | None = None

    @property
    def is_owned(self) -> bool:
        """Whether it is known whose these bytes are, whatever way they took."""
        if self.reason in OWN_WAYS:
            return self.application is not None
        return self.reason is None or self.device is not None

    @property
    def subject(self) -> Hashable:
        """What the row is about, wherever it happened and whatever way it took."""
        place = self.place if self.is_place else None
        # And one by class about it; one application may be of several.
        app_class = self.app_class if self.application is None else None
        why = (None, None) if self.is_owned else (self.reason, self.via)
        # A part of the period is one, whoever paid for what of it.
        plan = self.plan if self.interval is None else None
        named = (self.application, *why, self.uid, plan, self.member, self.device)
        return (*named, self.process, app_class, self.interval, place)


def fold_smallest(rows: Iterable[Row], top: int) -> list[Row]:
    """Keep the subjects with most bytes, fold the other ones into one row a place.

    Rows with another reason stay: they are about the measurement, not a subject.

    Args:
        rows: of one report.
        top: how many subjects to keep.

    Returns:
        Rows with the same sums.
    """
    rows = list(rows)
    sizes: defaultdict[Hashable, int] = defaultdict(int)
    for row in rows:
        if row.is_owned or row.reason == OTHER_PROCESSES:
            sizes[row.subject] += row.traffic.bytes
    dropped = set(sorted(sizes, key=lambda subject: -sizes[subject])[top:])
    small = [row for row in rows if row.subject in dropped]
    before = sums((row.place, row.before) for row in small if row.before is not None)
    folded = [
        Row(
            place=place,
            traffic=traffic,
            reason=OTHERS,
            folded=len(dropped),
            before=before.get(place),
        )
        for place, traffic in sums((row.place, row.traffic) for row in small).items()
    ]
    return [row for row in rows if row.subject not in dropped] + folded


def merged(rows: Iterable[Row]) -> list[Row]:
    """Add up rows that differ in nothing but their traffic.

    Args:
        rows: of one report.

    Returns:
        In order of first appearance.
    """
    summed = sums((replace(row, traffic=Traffic()), row.traffic) for row in rows)
    return [replace(row, traffic=traffic) for row, traffic in summed.items()]


def sums(pairs: Iterable[tuple[_K, Traffic]]) -> dict[_K, Traffic]:
    """Add up traffic by key.

    Args:
        pairs: key and traffic.

    Returns:
        In order of first appearance.
    """
    parts: defaultdict[_K, list[Traffic]] = defaultdict(list)
    for key, traffic in pairs:
        parts[key].append(traffic)
    return {key: total(each) for key, each in parts.items()}


def active_of(rows: Iterable[Row]) -> dict[ProcessName, Interval]:
    """When processes moved something, wherever that was.

    Args:
        rows: of a report.

    Returns:
        The first and the last second, by process.
    """
    found: dict[ProcessName, Interval] = {}
    for row in rows:
        if row.process is not None and row.active is not None:
            known = found.get(row.process, row.active)
            found[row.process] = Interval(
                min(known.from_s, row.active.from_s), max(known.to_s, row.active.to_s)
            )
    return found
