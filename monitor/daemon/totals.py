"""What each network ever moved: sums that only grow, for who takes differences.

They begin with what the store has, so that a restart of the daemon does not set them
back; what a kill lost of it is counted again from the kernel's counters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from monitor.errors import StoreError
from monitor.store.ever import ever_billed
from monitor.usage import Traffic

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.store.engine import Store
    from monitor.usage import Attachment, Bill


class Totals:
    """IP bytes of billed devices by device and network."""

    def __init__(self, store: Store) -> None:
        """Begin with what earlier runs counted."""
        self._sums: dict[tuple[str, str], Traffic] = {}
        try:
            for where, moved in ever_billed(store).items():
                self._add(where, moved)
        except StoreError:
            return  # what the daemon needs of the store, it complains about itself

    def book(self, bills: Mapping[Attachment, Bill]) -> None:
        """Take in the last tick.

        Args:
            bills: what each device moved.
        """
        for where, bill in bills.items():
            if where.billed:
                self._add(where, bill.l3)

    def _add(self, where: Attachment, moved: Traffic) -> None:
        key = where.device, where.network
        # An estimate may be taken back a little; a counter never goes back.
        self._sums[key] = self._sums.get(key, Traffic()) + moved.clamped()

    def facts(self) -> list[dict[str, Any]]:
        """The sums, for JSON."""
        return [
            {
                "interface": device,
                "network": network,
                "rx_bytes": moved.rx_bytes,
                "tx_bytes": moved.tx_bytes,
                "rx_packets": moved.rx_packets,
                "tx_packets": moved.tx_packets,
            }
            for (device, network), moved in sorted(self._sums.items())
        ]
