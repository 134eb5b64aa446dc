"""Lots: bytes that were bought and are left, and in which order they are used up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.plans.localtime import NEVER
from monitor.plans.values import plain

if TYPE_CHECKING:
    from monitor.plans.offers import LotClass
    from monitor.plans.scopes import Reach

CLASSES: Final[dict[str, int]] = {
    name: place
    for place, name in enumerate(("promo", "gift", "base", "topup", "rollover"))
}

Order = tuple[bool, int, int, int, int, int, str]


class Offer(NamedTuple):
    """What a lot is made of.

    Attributes:
        id: name of the lot.
        size_bytes: None is unlimited.
        lot_class: which kind of lot.
        reach: what it is good for.
        priority: the smaller is used up first.
        is_zero_rated: what it takes is not counted.
    """

    id: str
    size_bytes: int | None
    lot_class: LotClass
    reach: Reach
    priority: int = 100
    is_zero_rated: bool = False


class Lot:
    """What is left of an offer.

    Attributes:
        offer: what it was made of.
        start_s: UTC second from which it lives.
        end_s: UTC second at which it is over; `NEVER` for one that stays.
        left_bytes: None is unlimited.
        taken_bytes: in this cycle, by samples and corrections.
        is_main: whether the limit speaks about it.
        is_cyclic: whether it comes anew with the next cycle.
        is_queued: whether it waited for the main lots to be empty.
        granted_s: UTC second of the first grant, also of a lot that was carried on.
        order: sorts lots as they are used up.
    """

    __slots__ = (
        *("end_s", "granted_s", "is_cyclic", "is_main", "is_queued", "left_bytes"),
        *("offer", "order", "start_s", "taken_bytes"),
    )

    def __init__(self, offer: Offer, start_s: int, end_s: int = NEVER) -> None:
        """Begin with all that the offer has."""
        self.offer = offer
        self.start_s = start_s
        self.end_s = end_s
        self.left_bytes = plain(offer.size_bytes)
        self.taken_bytes = 0
        self.is_main = False
        self.is_cyclic = False
        self.is_queued = False
        self.granted_s = start_s
        self.order = self._order()

    def copy(self) -> Lot:
        """A lot that changes apart from this one."""
        twin = Lot.__new__(Lot)
        twin.offer, twin.order = self.offer, self.order
        twin.start_s, twin.end_s = self.start_s, self.end_s
        twin.left_bytes, twin.taken_bytes = self.left_bytes, self.taken_bytes
        twin.is_main, twin.is_cyclic = self.is_main, self.is_cyclic
        twin.is_queued, twin.granted_s = self.is_queued, self.granted_s
        return twin

    def carried(self, end_s: int) -> Lot:
        """The lot as it lives on into a new validity.

        Args:
            end_s: UTC second at which that is over.
        """
        offer = self.offer._replace(id=f"{self.offer.id}(carried)")
        twin = Lot(offer, self.start_s, end_s)
        twin.left_bytes, twin.granted_s = self.left_bytes, self.granted_s
        twin.is_main = self.is_main
        twin.order = twin._order()
        return twin

    def take(self, wanted_bytes: int) -> int:
        """Use up what is there.

        Args:
            wanted_bytes: not negative.

        Returns:
            How much it gave.
        """
        if self.left_bytes is None:
            part_bytes = wanted_bytes
        else:
            part_bytes = min(wanted_bytes, self.left_bytes)
            self.left_bytes -= part_bytes
        self.taken_bytes += part_bytes
        return part_bytes

    def give_back(self, wanted_bytes: int) -> int:
        """Undo use, never more than was taken in this cycle.

        Args:
            wanted_bytes: not negative.

        Returns:
            How much it took back.
        """
        part_bytes = min(wanted_bytes, self.taken_bytes)
        self.taken_bytes -= part_bytes
        if self.left_bytes is not None:
            self.left_bytes += part_bytes
        return part_bytes

    @property
    def is_counted(self) -> bool:
        """Whether what it takes is use."""
        return not self.offer.is_zero_rated

    @property
    def has_bytes(self) -> bool:
        """Whether something is left."""
        return self.left_bytes is None or self.left_bytes > 0

    def _order(self) -> Order:
        offer = self.offer
        return (
            not offer.is_zero_rated,
            offer.priority,
            -offer.reach.keys,
            self.end_s,
            CLASSES[offer.lot_class],
            self.granted_s,
            offer.id,
        )
