"""Answers that no plan is needed for: counters, clocks, sizes, cards.

The rules are those of the daemon's own modules; here they only meet rows of a file.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from monitor import clock, counters
from monitor.plans.asks import (
    ClockConfig,
    ClockRow,
    CounterRow,
    CountersConfig,
    Reading,
)
from monitor.plans.refusals import RefusedError, read, refuse
from monitor.units import parse_size
from monitor.usage import Traffic

if TYPE_CHECKING:
    from monitor.plans.asks import AskParseSize
    from monitor.plans.cases import RawCase

Facts = dict[str, object]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def instant(at_s: int | None) -> str | None:
    """An instant as it is written in an answer.

    Args:
        at_s: UTC seconds; of any year that has four digits.

    Returns:
        Such as `2025-03-01T00:00:00Z`.

    Raises:
        RefusedError: it has no such year.
    """
    if at_s is None:
        return None
    try:
        moment = _EPOCH + timedelta(seconds=at_s)
    except OverflowError as error:
        raise RefusedError("the answer has an instant after the year 9999.") from error
    return moment.replace(tzinfo=None).isoformat() + "Z"


def sizes(ask: AskParseSize) -> Facts:
    """Whole bytes of texts.

    Args:
        ask: the texts.

    Returns:
        None for each that is no size.
    """
    return {"bytes": [parse_size(text, ask.unit_base) for text in ask.inputs]}


def counter_deltas(case: RawCase) -> Facts:
    """What moved between rows of counters.

    Args:
        case: with `counters` rows.

    Returns:
        For each row what moved since the one before of its interface.

    Raises:
        RefusedError: something in it is not allowed.
    """
    config = read(case.config or {}, CountersConfig, "config")
    rows = read(case.counters or [], tuple[CounterRow, ...], "counters")
    known = dict(config.persisted)
    deltas = []
    for at_s, iface, rx, tx, device in rows:
        now = Reading(rx, tx, device.boot_id, device.ifindex)
        traffic, outcome = _moved(known.get(iface), now, config.counter_bits)
        known[iface] = now
        deltas.append(
            [instant(at_s), iface, traffic.rx_bytes, traffic.tx_bytes, outcome.value]
        )
    return {"deltas": deltas}


def _moved(
    before: Reading | None, now: Reading, counter_bits: int
) -> tuple[Traffic, counters.Outcome]:
    if before is None:
        return Traffic(), counters.Outcome.BASELINE
    counted = Traffic(now.rx, now.tx)
    if (before.boot_id, before.ifindex) != (now.boot_id, now.ifindex):
        return counted, counters.Outcome.RESTART
    return counters.difference(
        Traffic(before.rx, before.tx), counted, counter_bits=counter_bits
    )


def clock_places(case: RawCase) -> Facts:
    """When rows were, as far as their clocks can be believed.

    Args:
        case: with `clock` rows.

    Returns:
        For each row from when until when it is, and how that was found.

    Raises:
        RefusedError: something in it is not allowed.
    """
    config = read(case.config or {}, ClockConfig, "config")
    rows = read(case.clock or [], tuple[ClockRow, ...], "clock")
    readings = [
        clock.Reading(
            boottime_ns=boot_s * clock.SECOND_NS,
            realtime_ns=wall_s * clock.SECOND_NS,
            synchronised=is_sync,
            boot_id=boot,
            monotonic_ns=boot_s * clock.SECOND_NS,
        )
        for wall_s, boot_s, is_sync, boot in rows
    ]
    placed = clock.place_all(readings, config.last_trusted)
    previous: dict[str, int] = {}
    places = []
    for index, (reading, (offset_ns, how)) in enumerate(
        zip(readings, placed, strict=True)
    ):
        before_ns = previous.get(reading.boot_id)
        if before_ns is not None and before_ns > reading.boottime_ns:
            seconds = rows[index][1]
            raise refuse(f"clock[{index}][1]", seconds, "not before that boot's last")
        previous[reading.boot_id] = reading.boottime_ns
        if offset_ns is None:
            places.append([None, None, how])
            continue
        from_s = None
        if before_ns is not None:
            from_s = (before_ns + offset_ns) // clock.SECOND_NS
        to_s = (reading.boottime_ns + offset_ns) // clock.SECOND_NS
        places.append([instant(from_s), instant(to_s), how])
    return {"placed": places}
