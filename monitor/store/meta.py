"""Single facts about the store itself, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from monitor.clock import SECOND_NS
from monitor.store.schema import META

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from monitor.store.batch import Batch

LAST_TRUSTED_S = "last_trusted_s"
"""Newest UTC second that is known to be true."""

CHECKPOINT_BOOT_ID = "checkpoint_boot_id"
"""Boot of the device checkpoints; absent until something was recorded."""

CHECKPOINT_BOOTTIME_NS = "checkpoint_boottime_ns"
"""When the counters of the checkpoint were read: CLOCK_BOOTTIME of that boot."""

TRUSTED_OFFSET_NS = "trusted_offset_ns"
"""From CLOCK_BOOTTIME of the checkpoint's boot to the calendar, as a clock said that
the kernel believed; empty while there was none in that boot."""

SOCKETS_INSTANCE = "sockets_instance"
"""Id of the kernel map behind the socket checkpoints."""

SPANS_PURGED_TO_S = "spans_purged_to_s"
"""Spans before this second are dropped: their hours are what is left of them."""

HOURS_PURGED_TO_S = "hours_purged_to_s"
"""Hours before this second are dropped: their days are what is left of them."""

REMOTES_KEPT_S = "remotes_kept_s"
"""How long networks at the other end are kept; 0 or absent for not at all."""

SCOUR_OWED = "scour_owed"
"""1 while names were forgotten that free pages, log or copies may still hold."""

NUMBERS = frozenset(
    (LAST_TRUSTED_S, SPANS_PURGED_TO_S, HOURS_PURGED_TO_S, REMOTES_KEPT_S, SCOUR_OWED)
)
"""Those that are numbers."""

_PUT = insert(META)
_PUT = _PUT.on_conflict_do_update(
    index_elements=["key"], set_={"value": _PUT.excluded.value}
)


def read(connection: Connection) -> dict[str, str]:
    """All facts."""
    rows = connection.execute(select(META.c.key, META.c.value))
    return {row.key: row.value for row in rows}


def number(facts: dict[str, str], key: str) -> int:
    """A fact that is a number; 0 when it was never set."""
    return int(facts.get(key, "0"))


def optional(facts: dict[str, str], key: str) -> int | None:
    """A fact that is a number; None when it was never set, or is empty."""
    return int(facts[key]) if facts.get(key) else None


def of_checkpoint(batch: Batch, boot_id: str) -> dict[str, str]:
    """When the counters of a batch were read.

    Args:
        batch: what is flushed.
        boot_id: of this boot.
    """
    offset_ns = batch.trusted_offset_ns
    return {
        CHECKPOINT_BOOT_ID: boot_id,
        CHECKPOINT_BOOTTIME_NS: str(batch.boottime_ns),
        TRUSTED_OFFSET_NS: "" if offset_ns is None else str(offset_ns),
    }


def counted_until_s(facts: dict[str, str], boot_id: str, boot_s: int) -> int | None:
    """Up to when was counted, by the clock of now.

    Args:
        facts: of the store.
        boot_id: of this boot.
        boot_s: UTC second at which its CLOCK_BOOTTIME was 0.

    Returns:
        UTC second; None where that was in another boot, or is not known.
    """
    boottime_ns = number(facts, CHECKPOINT_BOOTTIME_NS)
    if facts.get(CHECKPOINT_BOOT_ID) != boot_id or not boottime_ns:
        return None
    return boot_s + boottime_ns // SECOND_NS


def put(connection: Connection, facts: dict[str, str]) -> None:
    """Set facts."""
    if facts:
        rows = [{"key": key, "value": value} for key, value in facts.items()]
        connection.execute(_PUT, rows)
