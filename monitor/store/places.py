"""Where usage was booked: networks on devices, as the readers of the store see them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import select

from monitor.store import networks
from monitor.store.schema import ATTACHMENTS

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from monitor.usage import Attachment


def attachments(connection: Connection) -> dict[int, Attachment]:
    """All that usage was ever booked on.

    Args:
        connection: to the store.

    Returns:
        By id; what is known of a network is what was known when it was last met.
    """
    known = networks.known(connection)
    rows = connection.execute(select(ATTACHMENTS)).mappings()
    return {row["attachment_id"]: networks.attachment_of(row, known) for row in rows}


def places(connection: Connection) -> dict[int, Attachment]:
    """All that usage was ever booked on, as far as it says who pays, and whether.

    Args:
        connection: to the store.

    Returns:
        By id; without country, roaming and way of counting.
    """
    return {
        key: replace(each, mcc="", roaming=None, l3_exact=False)
        for key, each in attachments(connection).items()
    }


def order(place: Attachment) -> tuple[object, ...]:
    """In which order places are shown.

    Args:
        place: one of them.
    """
    return (
        place.device,
        place.network,
        place.billed,
        place.iccid,
        place.tethered,
        place.metered is not None,
        bool(place.metered),
    )
