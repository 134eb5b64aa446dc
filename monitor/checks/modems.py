"""Modems: which SIM profile each shows, and whether it counts as we do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from monitor.checks.findings import Finding, Level
from monitor.escapes import visible
from monitor.units import format_size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.networks.uplink import Modem

_SHOWN_DIGITS: Final = 4
_LEAST_BYTES: Final = 10_000_000
_MOST_PCT: Final = 5


@dataclass(frozen=True, slots=True)
class Counted:
    """A connection whose modem counts.

    Attributes:
        device: the kernel's name of its interface.
        modem_bytes: IP bytes both ways, as the modem counts them in this connection.
        own_bytes: those that the database has of the interface since then; None when
            it has not all of that time.
    """

    device: str
    modem_bytes: int
    own_bytes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Modems:
    """What there is.

    Attributes:
        found: as ModemManager has them; none without it.
        counted: connections whose modem counts.
        failure: why ModemManager could not be asked; empty when it could, or when
            there is none.
    """

    found: tuple[Modem, ...] = ()
    counted: tuple[Counted, ...] = ()
    failure: str = ""


def judge(modems: Modems) -> Iterator[Finding]:
    """What follows from it.

    Args:
        modems: the facts.
    """
    if modems.failure:
        text = f"Modems cannot be asked ({modems.failure}): no SIM profile is seen."
        yield Finding("modem", Level.NOTE, text)
        return
    if not modems.found:
        text = "No modem is seen: a plan goes by Wi-Fi, by tether or by interface."
        yield Finding("modem", Level.OK, text)
    yield from map(_modem, modems.found)
    for counted in modems.counted:
        yield from _counted(counted)


def _modem(modem: Modem) -> Finding:
    devices = [each.device for each in modem.bearers if each.is_connected]
    name = ", ".join(devices) or f"number {modem.path.rpartition('/')[2]}"
    if not modem.iccid:
        text = (
            f"The modem {visible(name)} shows no SIM profile: is one in it, and "
            "enabled? Until then a plan goes by its interface."
        )
        return Finding("modem", Level.NOTE, text)
    operator = visible(modem.home[1])
    called = f" ({operator})" if operator else ""
    number = visible(modem.iccid[-_SHOWN_DIGITS:])
    text = f"The modem {visible(name)} has the SIM profile ...{number}{called}."
    return Finding("modem", Level.OK, text)


def _counted(counted: Counted) -> Iterator[Finding]:
    """Nothing about little: a few packets of a difference would be much of it."""
    own_bytes, modem_bytes = counted.own_bytes, counted.modem_bytes
    if own_bytes is None or max(own_bytes, modem_bytes) < _LEAST_BYTES:
        return
    device = visible(counted.device)
    apart_bytes = abs(own_bytes - modem_bytes)
    if apart_bytes * 100 <= _MOST_PCT * max(own_bytes, modem_bytes):
        text = f"{device}: the modem has counted what esimmon has."
        yield Finding("modem-bytes", Level.OK, text)
        return
    more = "less" if modem_bytes < own_bytes else "more"
    text = (
        f"{device}: in this connection the modem has counted "
        f"{format_size(modem_bytes)}, {format_size(apart_bytes)} {more} than esimmon "
        f"({format_size(own_bytes)}). Both may be a minute old: look again in two. If "
        "it stays, one of them counts wrongly: tell the plan what the carrier says "
        "(esimmon plan sync)."
    )
    yield Finding("modem-bytes", Level.WARN, text)
