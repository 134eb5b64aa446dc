"""What one tick counted, on its way into what is pending: bills, owners, events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from monitor.counters import Outcome
from monitor.networks import attaching
from monitor.store.batch import SUSPEND
from monitor.units import format_duration
from monitor.usage import Bill, Interval, Share, Traffic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from monitor.attribution.shares import Attributed
    from monitor.counters import DeviceUsage
    from monitor.counting.wire_rows import DeviceBill
    from monitor.store.pending import Pending
    from monitor.usage import Application, Attachment, BootInterval, Process


_NO_BILL: Final = Bill(Traffic(), Traffic())


class Booking:
    """Books usage of one time."""

    def __init__(self, pending: Pending, when: Interval | BootInterval) -> None:
        """Book into what is pending.

        Args:
            pending: where to.
            when: the time that the usage covers.
        """
        self._pending = pending
        self._when = when

    def restarts(
        self, usage: Iterable[DeviceUsage], devices: Mapping[int, Attachment]
    ) -> None:
        """Note counters that began again; loopback is no device here."""
        for device, _, outcome in usage:
            if device.ifindex in devices and outcome is Outcome.RESTART:
                self.event(
                    "counter-restart",
                    f"{device.name}: the counters began again from zero",
                )

    def slept(self, slept_s: int) -> None:
        """Note that the machine slept after this time.

        Args:
            slept_s: for how long; 0 when it did not.
        """
        if slept_s:
            self.event(SUSPEND, f"the machine slept for {format_duration(slept_s)}")

    def event(self, kind: str, detail: str) -> None:
        """Note something, if there is a calendar time for it."""
        if isinstance(self._when, Interval):
            self._pending.add_event(self._when.to_s, kind, detail)

    def bills(
        self,
        found: Mapping[int, DeviceBill],
        devices: Mapping[int, Attachment],
        *,
        was_watched: bool,
    ) -> dict[Attachment, Bill]:
        """Book every device's bytes, billed or not.

        Args:
            found: by ifindex.
            devices: their networks.
            was_watched: False for a time before this run.

        Returns:
            By attachment; what no carrier sees has one of its own.
        """
        bills: dict[Attachment, Bill] = {}
        for ifindex, (bill, local, _) in found.items():
            attachment = devices.get(ifindex)
            # That nothing moved is worth a row where it is billed and was watched.
            if attachment is None or not (
                bill.counter or (attachment.billed and was_watched)
            ):
                continue
            # One that went and one that has its name now are at one place.
            bills[attachment] = bills.get(attachment, _NO_BILL) + bill
            if local:
                beside = attaching.local_part(attachment)
                bills[beside] = bills.get(beside, _NO_BILL) + Bill(Traffic(), local)
        for attachment, bill in bills.items():
            self._pending.add_bill(self._when, attachment, bill)
        return bills

    def owners(
        self, rows: Iterable[Attributed], name_of: Callable[[Process], str]
    ) -> None:
        """Book whose bytes they were.

        Args:
            rows: with their owners.
            name_of: what a process calls itself now.
        """
        for row in rows:
            self._pending.add_share(self._when, row.attachment, row.share, row.traffic)
            if row.process is None or row.share.application is None:
                continue
            hour_of = (row.attachment, row.share.application, row.process)
            name = name_of(row.process)
            self._pending.add_process(self._when, hour_of, name, row.traffic)

    def missed(
        self, kind: str, bills: Mapping[Attachment, Bill], rows: Iterable[Attributed]
    ) -> None:
        """Say why bytes before this run have no owner, but for those that do.

        Args:
            kind: `gap` or `before_start`.
            bills: of that time.
            rows: of that time, with their owners.
        """
        share = Share(None, kind=kind)
        for attachment, rest in unexplained(bills, rows).items():
            self._pending.add_share(self._when, attachment, share, rest)

    def remote(
        self, application: Application, remote: str, amounts: tuple[int, int]
    ) -> None:
        """Remember a network at the other end; that is no part of any sum.

        Args:
            application: whose bytes.
            remote: the network.
            amounts: bytes received and sent.
        """
        if isinstance(self._when, Interval):
            self._pending.add_remote(self._when.to_s, application, remote, amounts)


def unexplained(
    bills: Mapping[Attachment, Bill], rows: Iterable[Attributed]
) -> dict[Attachment, Traffic]:
    """What no row has an owner for, as a carrier counts.

    Args:
        bills: of a time.
        rows: of that time, with their owners.
    """
    explained: dict[Attachment, Traffic] = {}
    for row in rows:
        before = explained.get(row.attachment, Traffic())
        explained[row.attachment] = before + row.traffic
    return {
        attachment: (bill.l3 - explained.get(attachment, Traffic())).clamped()
        for attachment, bill in bills.items()
    }
