"""What a person sees of the last tick: rates, and who it was."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from monitor.usage import Traffic, total

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from monitor.attribution.shares import Attributed
    from monitor.usage import Attachment, Bill, BootInterval, Interval


class Ticked(NamedTuple):
    """What the last tick booked.

    Attributes:
        when: the time it covers: what the machine slept of it is left out.
        until_ns: CLOCK_BOOTTIME of its end.
        interval_s: its length; what was missed before a run has none.
        bills: what each device moved.
        rows: whose bytes they were.
        missed: whether nobody counted meanwhile, and nobody can tell later whose
            bytes they were that have no row.
    """

    when: Interval | BootInterval
    until_ns: int
    interval_s: float
    bills: Mapping[Attachment, Bill]
    rows: Sequence[Attributed]
    missed: bool = False


class Live(NamedTuple):
    """Figures of one tick; bytes are IP packets, as a carrier counts.

    Attributes:
        interval_s: length of the tick in seconds.
        devices: traffic of this tick by billed device.
        run: traffic of all billed devices since this run began.
        top: the application that moved most in this tick, empty without one.
        top_bytes: its bytes, both directions.
    """

    interval_s: float = 0.0
    devices: Mapping[str, Traffic] = {}
    run: Traffic = Traffic()
    top: str = ""
    top_bytes: int = 0

    @property
    def rates(self) -> dict[str, dict[str, int]]:
        """Bytes a second by device."""
        length_s = max(self.interval_s, 0.001)
        return {
            name: {
                "rx_bytes_per_s": int(moved.rx_bytes / length_s),
                "tx_bytes_per_s": int(moved.tx_bytes / length_s),
            }
            for name, moved in self.devices.items()
        }

    def answer(self) -> dict[str, Any]:
        """The same for who asks by the socket."""
        return {
            "interval_s": self.interval_s,
            "top": self.top,
            "devices": {
                name: {"rx_bytes": traffic.rx_bytes, "tx_bytes": traffic.tx_bytes}
                for name, traffic in self.devices.items()
            },
        }


def after(
    before: Live,
    interval_s: float,
    bills: Mapping[Attachment, Bill],
    rows: Iterable[Attributed],
) -> Live:
    """The figures of the next tick.

    Args:
        before: those of the tick before.
        interval_s: how long the tick was, in seconds.
        bills: what each device moved.
        rows: whose bytes they were.
    """
    devices = {
        attachment.device: bill.l3
        for attachment, bill in bills.items()
        if attachment.billed
    }
    by_application: Counter[str] = Counter()
    for row in rows:
        if row.attachment.billed and row.share.application is not None:
            by_application[row.share.application.name] += row.traffic.bytes
    top, top_bytes = next(iter(by_application.most_common(1)), ("", 0))
    run = before.run + total(devices.values())
    return Live(interval_s, devices, run, top, top_bytes)
