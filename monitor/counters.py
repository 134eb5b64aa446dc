"""Differences of absolute counters: the only module that subtracts them.

Rules (design: two ledgers): the same device in the same boot gives a difference; a
smaller value in any field means that the counter restarted, and all of the new value
counts; a 2^32 wrap is only believed of a counter known to be 32 bits wide. Rows of the
kernel's socket accounting are signed (a claim moves bytes from one row to another), so
these rules never apply to them: a row is anew only if its birth says so.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from monitor.usage import SocketCounters, SocketKey, Traffic

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

    from monitor.devices import DeviceCounters

WRAP_32 = 1 << 32
BITS_32 = 32
MOST_VANISHED = 512
"""Devices that are gone but may come back under their ifindex."""


class Outcome(StrEnum):
    """How a difference came about."""

    BASELINE = "baseline"
    OK = "ok"
    RESTART = "reset"
    WRAP = "wrap"
    CUT = "cut"
    """The device went, and its driver let go of some counters before its last word."""


class DeviceUsage(NamedTuple):
    """What one device moved between two snapshots."""

    device: DeviceCounters
    traffic: Traffic
    outcome: Outcome


def _wrapped(old: Traffic, new: Traffic) -> bool:
    """Whether each field that fell did so from the upper half of 32 bits."""
    return all(
        after >= before or before >= WRAP_32 // 2 > after
        for before, after in zip(old.numbers, new.numbers, strict=True)
    )


def difference(
    old: Traffic, new: Traffic, *, counter_bits: int = 64
) -> tuple[Traffic, Outcome]:
    """Subtract two readings of the same counters of the same boot.

    Args:
        old: the earlier absolute counters.
        new: the later ones.
        counter_bits: width of the counter in the driver; 32 allows a wrap.

    Returns:
        The usage between them and how it was found.
    """
    pairs = list(zip(old.numbers, new.numbers, strict=True))
    if all(after >= before for before, after in pairs):
        return new - old, Outcome.OK
    if counter_bits == BITS_32 and _wrapped(old, new):
        return (
            Traffic(*((after - before) % WRAP_32 for before, after in pairs)),
            Outcome.WRAP,
        )
    return new, Outcome.RESTART


def device_usage(
    previous: Mapping[int, DeviceCounters],
    current: Iterable[DeviceCounters],
    *,
    baseline: bool,
) -> list[DeviceUsage]:
    """Subtract two snapshots of all devices of one boot.

    Args:
        previous: the snapshot before, by ifindex; empty after a reboot.
        current: the snapshot now.
        baseline: whether a device not seen before yields nothing (the very first run
            of a store) instead of all it has counted.

    Returns:
        One usage for each device of the current snapshot.
    """
    usage = []
    for device in current:
        before = previous.get(device.ifindex)
        if before is not None:
            traffic, outcome = difference(before.counter, device.counter)
            usage.append(DeviceUsage(device, traffic, outcome))
        elif baseline:
            usage.append(DeviceUsage(device, Traffic(), Outcome.BASELINE))
        else:
            usage.append(DeviceUsage(device, device.counter, Outcome.OK))
    return usage


def last_counters(
    known: Mapping[int, DeviceCounters],
    current: Iterable[DeviceCounters],
    present: Container[int],
) -> dict[int, DeviceCounters]:
    """The newest counters of every device, also of those that may come back.

    Args:
        known: by ifindex, in the order of their last sight.
        current: the snapshot now.
        present: ifindexes of the devices that are there.

    Returns:
        By ifindex, in the order of their last sight; of many devices that are gone,
        those that went last.
    """
    newest = dict(known)
    for device in current:
        newest.pop(device.ifindex, None)
        newest[device.ifindex] = device
    vanished = [ifindex for ifindex in newest if ifindex not in present]
    for ifindex in vanished[: max(0, len(vanished) - MOST_VANISHED)]:
        del newest[ifindex]
    return newest


def socket_usage(
    previous: Mapping[SocketKey, SocketCounters],
    current: Mapping[SocketKey, SocketCounters],
) -> dict[SocketKey, Traffic]:
    """Subtract two readings of the same kernel map; only rows that changed.

    A row born anew under an old key counts from zero.
    """
    usage = {}
    for key, counters in current.items():
        before = previous.get(key)
        if before is None or before.born_boottime_ns != counters.born_boottime_ns:
            traffic = counters.traffic
        elif before == counters:
            continue
        else:
            traffic = counters.traffic - before.traffic
        if traffic:
            usage[key] = traffic
    return usage
