"""Which bytes move behind a person's back: those of programs of class background.

The class is found once for reports and alerts alike, in `monitor.applications.classes`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.alerts.rates import Mover
from monitor.applications import BACKGROUND

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from monitor.attribution.shares import Attributed
    from monitor.usage import Attachment


def is_background(row: Attributed) -> bool:
    """Whether the bytes of a row were moved in the background, over the Internet."""
    share = row.share
    is_somebodys = share.application is not None and row.process is not None
    return is_somebodys and share.scope == "internet" and share.app_class == BACKGROUND


def movers(
    rows: Iterable[Attributed], plan_of: Callable[[Attachment], str | None]
) -> Iterator[tuple[Mover, int]]:
    """Who moved bytes in the background that may cost, and how many.

    Args:
        rows: what anybody moved.
        plan_of: the plan that pays for a network on a device.
    """
    for row in rows:
        where, application = row.attachment, row.share.application
        may_cost = where.billed and where.metered is not False
        if application is not None and may_cost and is_background(row):
            mover = Mover(application.name, where.network, plan_of(where) or "")
            yield mover, row.traffic.bytes
