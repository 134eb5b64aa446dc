"""What `esimmon top` shows: rates and totals from the ticks of a daemon. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

BY: Final = ("application", "process", "network")
SORTS: Final = ("rate", "total", "name")
_SMOOTH_TICKS: Final = 3
_HISTORY: Final = 120
_K = TypeVar("_K")


class Who(NamedTuple):
    """Whose bytes, and where they went.

    Attributes:
        application: its name; empty for nobody's.
        kind: of the application.
        reason: why nobody owns them, see `reason_text`; empty for an owner.
        pid: of the process; 0 where that is not known any more.
        comm: what the process calls itself.
        device: the kernel's name.
        network: key.
    """

    application: str
    kind: str
    reason: str
    pid: int
    comm: str
    device: str
    network: str


class Moved(NamedTuple):
    """Bytes, or bytes a second, in both directions."""

    rx: int = 0
    tx: int = 0

    @property
    def both(self) -> int:
        """Their sum."""
        return self.rx + self.tx

    def plus(self, other: Moved) -> Moved:
        """Both amounts."""
        return Moved(self.rx + other.rx, self.tx + other.tx)


class Chosen(NamedTuple):
    """What the person wants to see.

    Attributes:
        by: of `BY`.
        sort: of `SORTS`.
        needle: text that names must have in them, whatever the case.
        only_metered: leave out networks that are known to cost nothing.
    """

    by: str = "application"
    sort: str = "rate"
    needle: str = ""
    only_metered: bool = False


class Shown(NamedTuple):
    """A row as it is shown.

    Attributes:
        name: for people; not escaped.
        rate: bytes a second over the last ticks.
        total_bytes: of the day; of a process since somebody began to look.
    """

    name: str
    rate: Moved
    total_bytes: int


@dataclass(slots=True)
class Scene:
    """All ticks since somebody began to look.

    Attributes:
        before: bytes of the day until then, whose processes are not known.
        called: what people know applications and networks by.
        devices: of the last tick, as the daemon wrote them.
        rates: bytes a second of all networks, one for each tick, the newest last.
        until_ns: CLOCK_BOOTTIME up to which bytes are known.
    """

    before: Mapping[Who, int] = field(default_factory=dict)
    called: dict[str, str] = field(default_factory=dict)
    devices: list[dict[str, Any]] = field(default_factory=list)
    rates: deque[int] = field(default_factory=lambda: deque(maxlen=_HISTORY))
    until_ns: int = 0
    _sums: dict[Who, Moved] = field(default_factory=dict)
    _lately: deque[tuple[float, dict[Who, Moved]]] = field(
        default_factory=lambda: deque(maxlen=_SMOOTH_TICKS)
    )

    def take(self, tick: Mapping[str, Any]) -> None:
        """Add a tick.

        Args:
            tick: what `usage.ticks` of the daemon tells; one that is no news, such as
                the answer to who begins to look, is left out.
        """
        interval_s, until_ns = float(tick["interval_s"]), int(tick["until_ns"])
        if interval_s <= 0 or until_ns <= self.until_ns:
            return
        self.until_ns = until_ns
        moved: dict[Who, Moved] = {}
        _add(moved, ((_who(row), _moved(row)) for row in tick["rows"]))
        _add(self._sums, moved.items())
        self._lately.append((interval_s, moved))
        self.devices = list(tick["devices"])
        whole = sum(_moved(each).both for each in self.devices)
        self.rates.append(int(whole / interval_s))

    def seen(self) -> Iterable[Who]:
        """Everybody that moved something since somebody began to look."""
        return self._sums.keys()

    def begin_day(self) -> None:
        """It is midnight: the totals of the day begin anew."""
        self.before, self._sums = {}, {}

    def rate(self, *, only_metered: bool = False) -> Moved:
        """Bytes a second of all networks over the last ticks."""
        rates = self._rates(Chosen("network", only_metered=only_metered))
        return _total(rates.values())

    def rows(self, chosen: Chosen) -> list[Shown]:
        """What is shown.

        Args:
            chosen: what the person wants to see.

        Returns:
            A row for whoever moved something today, in the order that was chosen.
        """
        rates = self._rates(chosen)
        totals = {
            name: moved.both for name, moved in self._named(self._sums, chosen).items()
        }
        if chosen.by != "process":
            before = {who: Moved(amount) for who, amount in self.before.items()}
            for name, moved in self._named(before, chosen).items():
                totals[name] = totals.get(name, 0) + moved.both
        shown = [
            Shown(name, rates.get(name, Moved()), amount)
            for name, amount in totals.items()
            if chosen.needle.casefold() in name.casefold()
        ]
        return sorted(shown, key=_ORDERS[chosen.sort])

    def _rates(self, chosen: Chosen) -> dict[str, Moved]:
        length_s = sum(interval_s for interval_s, _ in self._lately)
        moved: dict[Who, Moved] = {}
        for _, each in self._lately:
            _add(moved, each.items())
        return {
            name: Moved(int(rx / length_s), int(tx / length_s))
            for name, (rx, tx) in self._named(moved, chosen).items()
        }

    def _named(self, moved: Mapping[Who, Moved], chosen: Chosen) -> dict[str, Moved]:
        """Sums by what the rows are about."""
        free = {
            (each["device"], each["network"])
            for each in self.devices
            if each["metered"] is False
        }
        found: dict[str, Moved] = {}
        _add(
            found,
            (
                (self._name(who, chosen.by), amount)
                for who, amount in moved.items()
                if not (chosen.only_metered and (who.device, who.network) in free)
            ),
        )
        return found

    def _name(self, who: Who, by: str) -> str:
        if by == "network":
            return self.called.get(who.network, who.network)
        if who.reason:
            return who.reason
        if by == "process":
            return f"{who.comm} [{who.pid}]"
        return self.called.get(who.application, who.application)


def reason_text(reason: str | None, via: str | None) -> str:
    """Why nobody owns bytes, such as "(forwarded: docker0)".

    Args:
        reason: a word of `views.rows`; None for an owner.
        via: the device that they came by, if there is one.

    Returns:
        Empty for an owner.
    """
    words = (reason or "").replace("_", " ")
    return f"({words}: {via})" if via else f"({words})" if words else ""


def _by_rate(row: Shown) -> tuple[int, int, str]:
    return -row.rate.both, -row.total_bytes, row.name


def _by_total(row: Shown) -> tuple[int, int, str]:
    return -row.total_bytes, -row.rate.both, row.name


def _by_name(row: Shown) -> tuple[str, int]:
    return row.name.casefold(), -row.total_bytes


_ORDERS: Final = {"rate": _by_rate, "total": _by_total, "name": _by_name}


def _who(row: Mapping[str, Any]) -> Who:
    application, kind, comm = (
        row[name] or "" for name in ("application", "kind", "comm")
    )
    reason = reason_text(row["reason"], row["via"])
    pid, device, network = int(row["pid"] or 0), row["device"], row["network"]
    return Who(application, kind, reason, pid, comm, device, network)


def _moved(facts: Mapping[str, Any]) -> Moved:
    return Moved(int(facts["rx_bytes"]), int(facts["tx_bytes"]))


def _total(amounts: Iterable[Moved]) -> Moved:
    whole = Moved()
    for each in amounts:
        whole = whole.plus(each)
    return whole


def _add(sums: dict[_K, Moved], amounts: Iterable[tuple[_K, Moved]]) -> None:
    for key, amount in amounts:
        sums[key] = sums.get(key, Moved()).plus(amount)
