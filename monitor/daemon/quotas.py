"""After how many bytes of each device its plan has something new to tell. Pure.

The kernel wakes the daemon at that byte, so that a warning comes at once also at full
speed, and a tick may be far away. At a steady speed it is called at most four times a
second: an alert a quarter of a second late is early enough. So long it waits, too, for
what is passed within the same moment: a person is told of the highest, once.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from monitor.alerts import bytes_to_next
from monitor.clock import SECOND_NS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from monitor.alerts import Watched
    from monitor.counting.live import Live
    from monitor.usage import Attachment

_A_SECOND: Final = 4  # how often it is called at most
SETTLE_NS: Final = SECOND_NS // _A_SECOND
"""From the kernel's call to the look at the plans."""


def quotas(
    attached: Mapping[int, Attachment],
    payer: Callable[[Attachment], str | None],
    plans: Iterable[Watched],
    live: Live,
) -> dict[int, int]:
    """How much each billed device may move.

    Args:
        attached: devices by ifindex.
        payer: the plan that pays for one now.
        plans: all plans as they stand.
        live: figures of the last tick: how fast it goes.

    Returns:
        Bytes, at least 1, by ifindex; what no plan waits for is left out. Devices of
        one plan share what is left, for together they may use it up.
    """
    left: dict[str, int | None] = {each.plan.id: bytes_to_next(each) for each in plans}
    paid = {
        ifindex: plan
        for ifindex, where in attached.items()
        if where.billed and (plan := payer(where)) is not None
    }
    sharing = Counter(paid.values())
    found = {}
    for ifindex, plan in paid.items():
        left_bytes = left.get(plan)
        if left_bytes is not None:
            share_bytes = max(left_bytes // sharing[plan], 1)
            soon_bytes = _a_second(attached[ifindex].device, live) // _A_SECOND
            found[ifindex] = max(share_bytes, soon_bytes)
    return found


def _a_second(device: str, live: Live) -> int:
    rates = live.rates.get(device, {})
    return sum(rates.values())
