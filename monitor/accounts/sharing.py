"""How a plan stands between the devices that share it."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

from monitor.plans.localtime import local_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from monitor.accounts.bookkeeping import Book
    from monitor.store.pool import Device

_MARK = "@"  # before the name of a device, in place of an interface: see `pooled`


class Used(NamedTuple):
    """What a device used of a plan.

    Attributes:
        in_cycle_bytes: in the cycle that runs.
        highest_day_bytes: on one day of it; of those before, if it said nothing of it.
    """

    in_cycle_bytes: int = 0
    highest_day_bytes: int = 0


def used_by_device(book: Book, own: str) -> dict[str, Used]:
    """What each device used of a plan, the way the plan counts.

    Args:
        book: of the plan.
        own: name of this device.

    Returns:
        By name; those that used nothing are left out.
    """
    begin_s = book.now.cycle_start or 0
    days: dict[str, Counter[int]] = defaultdict(Counter)
    before: dict[str, Counter[int]] = defaultdict(Counter)
    zone = book.agreement.plan.tz
    for device, at_s, moved_bytes in _moved(book, own):
        day = local_time(at_s, zone).toordinal()
        (days if at_s >= begin_s else before)[device][day] += moved_bytes
    return {
        device: Used(
            sum(days[device].values()),
            max((days[device] or before[device]).values()),
        )
        for device in days.keys() | before.keys()
    }


def _moved(book: Book, own: str) -> Iterator[tuple[str, int, int]]:
    plan, belonging = book.agreement.plan, book.account_now.books.contract.belonging
    for each in book.samples:
        is_others = each.iface.startswith(_MARK)
        if not is_others and not belonging.has(each, each.from_s):
            continue
        rx_bytes = 0 if plan.count == "tx" else each.rx_bytes
        tx_bytes = 0 if plan.count == "rx" else each.tx_bytes
        device = each.iface.removeprefix(_MARK) if is_others else own
        yield device, each.from_s, rx_bytes + tx_bytes


def newest_lives(devices: Iterable[Device]) -> list[Device]:
    """Each device of a pool in the life in which it was heard of last, by name.

    Args:
        devices: in all their lives.
    """
    newest: dict[str, Device] = {}
    for each in sorted(devices, key=lambda each: (each.is_own, each.heard_s)):
        newest[each.name] = each
    return [newest[name] for name in sorted(newest)]
