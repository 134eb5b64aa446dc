"""What was ever billed, whenever that was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from monitor.store import places, unplaced
from monitor.store.tiers import bills_of
from monitor.usage import Interval, Traffic

if TYPE_CHECKING:
    from monitor.store.engine import Store
    from monitor.usage import Attachment

_FOREVER_S: Final = 1 << 50


def ever_billed(store: Store) -> dict[Attachment, Traffic]:
    """What each place ever moved, with what still waits for a calendar time.

    Args:
        store: where.

    Returns:
        IP bytes and packets; of a place as `interface_bills` tells them apart.

    Raises:
        StoreError: the database cannot be read.
    """
    with store.read() as connection:
        (bills,) = bills_of(connection, [Interval(0, _FOREVER_S)])
        moved = {key: bill.l3 for key, bill in bills.items()}
        for key, traffic in unplaced.waiting(connection).items():
            moved[key] = moved.get(key, Traffic()) + traffic
        found_at = places.places(connection)
    found: dict[Attachment, Traffic] = {}
    for key, traffic in moved.items():
        place = found_at[key]
        if place.billed:
            found[place] = found.get(place, Traffic()) + traffic
    return found
